"""What each layer of a network costs, and from that the network: NeuralPower's method [Cai2017].

One sparse polynomial a kind of layer for time and one for power (`SparsePolynomialRecipe`), added
up by `compose`; `predict_network` does both for a traced network.

References:
    [Cai2017] see columns.py.
"""
