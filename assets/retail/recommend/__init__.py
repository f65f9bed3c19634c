"""Products to recommend to grocery households, learnt from their baskets.

Pure computation from an Arrow table to an Arrow table; reading the warehouse and writing to it belong to the asset.
Importing this package loads numpy, scipy, pyarrow and implicit: import it inside the function that needs it.
"""

from tributary.assets.retail.recommend.evaluation import Evaluation
from tributary.assets.retail.recommend.purchases import RecommendError
from tributary.assets.retail.recommend.recommender import SCHEMA, Recommendations, recommend

__all__ = ["SCHEMA", "Evaluation", "RecommendError", "Recommendations", "recommend"]
