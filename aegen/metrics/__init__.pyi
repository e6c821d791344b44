from aegen.core.family import Family
from aegen.metrics.base import Metric as Metric

metrics: Family[Metric]

# Written by .ci/names.py from the files of the folder:
from aegen.metrics.attribute_distance import AttributeDistance as AttributeDistance
from aegen.metrics.authenticity import Authenticity as Authenticity
from aegen.metrics.classifier_two_sample_test import (
    ClassifierTwoSampleTest as ClassifierTwoSampleTest,
)
from aegen.metrics.coverage import Coverage as Coverage
from aegen.metrics.density import Density as Density
from aegen.metrics.distance_ratio import DistanceRatio as DistanceRatio
from aegen.metrics.earth_movers_distance import EarthMoversDistance as EarthMoversDistance
from aegen.metrics.frechet_distance import FrechetDistance as FrechetDistance
from aegen.metrics.kernel_distance import KernelDistance as KernelDistance
from aegen.metrics.log_likelihood import LogLikelihood as LogLikelihood
from aegen.metrics.maximum_mean_discrepancy import (
    MaximumMeanDiscrepancy as MaximumMeanDiscrepancy,
)
from aegen.metrics.nearest_neighbour_accuracy import (
    NearestNeighbourAccuracy as NearestNeighbourAccuracy,
)
from aegen.metrics.nearest_neighbour_accuracy_generated import (
    NearestNeighbourAccuracyGenerated as NearestNeighbourAccuracyGenerated,
)
from aegen.metrics.nearest_neighbour_accuracy_real import (
    NearestNeighbourAccuracyReal as NearestNeighbourAccuracyReal,
)
from aegen.metrics.nearest_neighbour_worse_half import (
    NearestNeighbourWorseHalf as NearestNeighbourWorseHalf,
)
from aegen.metrics.paper_frechet import PaperFrechet as PaperFrechet
from aegen.metrics.paper_inception_score import PaperInceptionScore as PaperInceptionScore
from aegen.metrics.paper_mmd import PaperMMD as PaperMMD
from aegen.metrics.parent_share import ParentShare as ParentShare
from aegen.metrics.precision import Precision as Precision
from aegen.metrics.recall import Recall as Recall
from aegen.metrics.sliced_wasserstein import SlicedWasserstein as SlicedWasserstein
