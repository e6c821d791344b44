from aegen.core.family import Family
from aegen.projections.base import Projection as Projection

projections: Family[Projection]

# Written by .ci/names.py from the files of the folder:
from aegen.projections.pca import PCA as PCA
from aegen.projections.umap import UMAP as UMAP
