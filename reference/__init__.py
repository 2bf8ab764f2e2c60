"""`python -m reference` writes into the pages of docs/ what the code knows better: settings, wires, outputs, images."""
