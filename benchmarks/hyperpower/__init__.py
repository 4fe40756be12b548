"""HyperPower's protocol on recorded tables and on MNIST."""
