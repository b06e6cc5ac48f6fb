#!/usr/bin/env python3
"""Writes the benchmark's documents, the same each time: make-documents.py FOLDER -> 1k.json, 100k.json, 10m.json."""
import json
import os
import random
import sys


def product(dice, number):
    return {
        "Product Name": dice.choice(["Bowler Hat", "Trilby hat", "Cloak", "Monocle"]),
        "ProductID": 100000 + number,
        "SKU": "%010d" % dice.randrange(10**9),
        "Description": {
            "Colour": dice.choice(["Purple", "Orange", "Black", "Green", "Red"]),
            "Width": dice.randrange(100, 900),
            "Height": dice.randrange(100, 900),
            "Weight": round(dice.uniform(0.1, 5), 3),
        },
        "Price": round(dice.uniform(1, 120), 2),
        "Quantity": dice.randrange(1, 9),
    }


def document(size):
    dice = random.Random(2026)
    orders, used, number = [], 0, 0
    while used < size:
        order = {"OrderID": "order%d" % len(orders), "Product": []}
        for _ in range(1 if size < 5000 else 4):
            order["Product"].append(product(dice, number))
            number += 1
        used += len(json.dumps(order, separators=(",", ":")))
        orders.append(order)
    return {"Account": {"Account Name": "Firefly", "Order": orders}}


os.makedirs(sys.argv[1], exist_ok=True)
for name, size in [("1k", 900), ("100k", 100 * 1024), ("10m", 10 * 1024 * 1024)]:
    with open(os.path.join(sys.argv[1], name + ".json"), "w") as file:
        json.dump(document(size), file, separators=(",", ":"))
