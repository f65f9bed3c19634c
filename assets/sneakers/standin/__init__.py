"""Two years of a believable collection, recorded through the app's own service.

`make.make_sample` records it; what the collector buys is in `catalogue`, how they choose and keep pairs in `habits`.
"""
