"""Why people go shopping: the missions that put products into one basket, and the products that go together.

Only the plan of a shop belongs here, by commodity names; no numbers of sales. A commodity that no mission names is
bought on the mission of its aisle, so every commodity is reachable.
"""

from __future__ import annotations

from tributary.assets.retail.standin.vocabulary import Commodity

OCCASION = "occasion"

_NAMED: dict[str, tuple[str, ...]] = {
    "breakfast": (
        "COLD CEREAL", "FLUID MILK PRODUCTS", "EGGS", "BACON", "BREAKFAST SAUSAGE/SANDWICHES", "BREAKFAST SWEETS",
        "REFRGRATD JUICES/DRNKS", "CONVENIENT BRKFST/WHLSM SNACKS", "BUTTER", "MARGARINES", "HOT CEREAL", "YOGURT",
        "MOLASSES/SYRUP/PANCAKE MIXS", "TROPICAL FRUIT", "REFRGRATD DOUGH PRODUCTS",
    ),
    "pasta night": (
        "DRY NOODLES/PASTA", "PASTA SAUCE", "CHEESE", "DINNER SAUSAGE", "FROZEN BREAD/DOUGH", "SALAD MIX",
        "SALD DRSNG/SNDWCH SPRD", "MUSHROOMS", "OLIVES", "SPICES & EXTRACTS",
    ),
    "lunch box": (
        "BAKED BREAD/BUNS/ROLLS", "LUNCHMEAT", "CHEESE", "PNT BTR/JELLY/JAMS", "BAG SNACKS", "COOKIES/CONES",
        "CANNED JUICES", "WAREHOUSE SNACKS", "APPLES", "GRAPES", "FLUID MILK PRODUCTS",
    ),
    "taco night": (
        "HISPANIC", "BEEF", "CHEESE", "MILK BY-PRODUCTS", "TOMATOES", "ONIONS", "PEPPERS-ALL",
        "BEANS - CANNED GLASS & MW", "CITRUS", "HERBS",
    ),
    "roast dinner": (
        "BEEF", "CHICKEN", "PORK", "TURKEY", "LAMB", "VEAL", "SMOKED MEATS", "POTATOES", "CARROTS", "ONIONS",
        "FRZN VEGETABLE/VEG DSH", "DRY SAUCES/GRAVY", "BROCCOLI/CAULIFLOWER", "ROLLS",
    ),
    "quick supper": (
        "FRZN MEAT/MEAT DINNERS", "FROZEN PIZZA", "FRZN POTATOES", "ICE CREAM/MILK/SHERBTS", "DINNER MXS:DRY",
        "FRZN NOVELTIES/WTR ICE", "HEAT/SERVE", "SOFT DRINKS", "FROZEN PIE/DESSERTS", "FRZN BREAKFAST FOODS",
    ),
    "barbecue": (
        "HOT DOGS", "BAKED BREAD/BUNS/ROLLS", "CHARCOAL AND LIGHTER FLUID", "CONDIMENTS/SAUCES", "CORN", "FRZN ICE",
        "PICKLE/RELISH/PKLD VEG", "BEEF", "PAPER HOUSEWARES", "MELONS", "DISPOSIBLE FOILWARE", "PROPANE",
    ),
    "party": (
        "SOFT DRINKS", "BAG SNACKS", "SALADS/DIPS", "CRACKERS/MISC BKD FD", "SNACK NUTS", "CAKES", "FLORAL BALLOONS",
        "GREETING CARDS/WRAP/PARTY SPLY", "PARTY TRAYS", "BAKERY PARTY TRAYS", "CANDY - PACKAGED", "POPCORN",
    ),
    "bottles": ("BEERS/ALES", "DOMESTIC WINE", "IMPORTED WINE", "MISC WINE", "LIQUOR", "CHEESES", "BAG SNACKS"),
    "baby": ("BABY FOODS", "DIAPERS & DISPOSABLES", "INFANT FORMULA", "INFANT CARE PRODUCTS", "BABY HBC", "BABYFOOD"),
    "soup and tins": (
        "SOUP", "VEGETABLES - SHELF STABLE", "MEAT - SHELF STABLE", "FRUIT - SHELF STABLE", "SEAFOOD - SHELF STABLE",
        "CRACKERS/MISC BKD FD", "DRY BN/VEG/POTATO/RICE",
    ),
    "checklane": (
        "CANDY - CHECKLANE", "SOFT DRINKS", "NEWSPAPER", "MAGAZINE", "TICKETS", "ISOTONIC DRINKS", "BATTERIES",
        "CIGARETTES", "CIGARS", "TOBACCO OTHER", "WATER - CARBONATED/FLVRD DRINK",
    ),
    OCCASION: (
        "CHRISTMAS  SEASONAL", "HALLOWEEN", "EASTER", "EASTER LILY", "VALENTINE", "FIREWORKS", "SEASONAL", "SUNTAN",
        "FALL AND WINTER SEASONAL", "SPRING/SUMMER SEASONAL", "GARDEN CENTER", "LAWN AND GARDEN SHOP", "INSECTICIDES",
        "ROSES",
    ),
}  # fmt: skip

_OF_AISLE = {
    "alcohol": "bottles", "baby": "baby", "bakery": "bakery", "baking": "baking", "beauty": "beauty",
    "breakfast": "breakfast", "candy": "checklane", "cleaning": "cleaning", "coffee": "coffee break",
    "dairy": "breakfast", "deli": "deli lunch", "drinks": "party", "floral": "flowers", "frozen": "quick supper",
    "fuel": "errands", "garden": OCCASION, "health": "medicine", "home": "home", "kitchen": "home",
    "meals": "deli lunch", "meat": "roast dinner", "media": "reading and cards", "misc": "errands",
    "natural": "natural foods", "pantry": "soup and tins", "paper": "cleaning", "pet": "pets",
    "produce": "greengrocer", "seafood": "fish", "seasonal": OCCASION, "snacks": "lunch box", "tobacco": "checklane",
}  # fmt: skip

COMPANIONS: tuple[tuple[str, str], ...] = (
    ("DRY NOODLES/PASTA", "PASTA SAUCE"),
    ("COLD CEREAL", "FLUID MILK PRODUCTS"),
    ("HOT DOGS", "BAKED BREAD/BUNS/ROLLS"),
    ("PNT BTR/JELLY/JAMS", "CONVENIENT BRKFST/WHLSM SNACKS"),
    ("SALAD MIX", "SALD DRSNG/SNDWCH SPRD"),
    ("COFFEE", "MILK BY-PRODUCTS"),
    ("HISPANIC", "PEPPERS-ALL"),
    ("LUNCHMEAT", "CHEESE"),
    ("MOLASSES/SYRUP/PANCAKE MIXS", "EGGS"),
    ("BAKING MIXES", "BAKING NEEDS"),
    ("DIAPERS & DISPOSABLES", "BABY FOODS"),
    ("LAUNDRY DETERGENTS", "LAUNDRY ADDITIVES"),
    ("CAT FOOD", "CAT LITTER"),
    ("BEERS/ALES", "SNACK NUTS"),
    ("DELI MEATS", "CHEESES"),
    ("BACON", "BREAKFAST SAUSAGE/SANDWICHES"),
    ("SOUP", "CRACKERS/MISC BKD FD"),
    ("BATH TISSUES", "PAPER TOWELS"),
    ("CHARCOAL AND LIGHTER FLUID", "CONDIMENTS/SAUCES"),
    ("ICE CREAM/MILK/SHERBTS", "SYRUPS/TOPPINGS"),
)
"""Commodities whose products are bought in pairs: each product of one has its companion in the other."""


def missions_of(commodities: tuple[Commodity, ...]) -> dict[str, tuple[str, ...]]:
    """Every mission with its commodities; every commodity is in at least one of them."""
    plan: dict[str, list[str]] = {name: list(members) for name, members in _NAMED.items()}
    named = {member for members in _NAMED.values() for member in members}
    for commodity in commodities:
        if commodity.name not in named:
            plan.setdefault(_OF_AISLE[commodity.aisle], []).append(commodity.name)
    return {name: tuple(members) for name, members in plan.items()}
