"""A cost model pooled over devices, so that a new device needs about ten measurements.

Devices that were measured well (sources) each get a model of their own; what the logarithms of
these models have in common are a few shapes f(x) over candidates: a constant, and the main
directions in which devices differ (large against small networks, deep against wide, ...). Then

    log cost of device d = f(x) . (b + u_d) + e ,   u_d ~ N(0, S) ,   e ~ N(0, s_d^2)

with b and S learned from the sources by empirical Bayes (mixed_effects.py). A new device starts
from b and moves as far as its rows and S allow: without a row it is the mean device, with many it
is fitted on its own. How noisy it is, its rows say too.

Features of a pooled table have the number of the device in column 0.
"""
