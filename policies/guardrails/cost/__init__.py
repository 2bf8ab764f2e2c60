"""What a stack costs in a month, from a price list that needs no network."""
