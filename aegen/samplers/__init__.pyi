from aegen.core.family import Family
from aegen.samplers.base import ConditionalSampler as ConditionalSampler
from aegen.samplers.base import DensitySampler as DensitySampler
from aegen.samplers.base import NotFitted as NotFitted
from aegen.samplers.base import RowSampler as RowSampler
from aegen.samplers.base import Sampler as Sampler
from aegen.samplers.base import load as load

samplers: Family[Sampler]

# Written by .ci/names.py from the files of the folder:
from aegen.samplers.bootstrap import Bootstrap as Bootstrap
from aegen.samplers.empirical_beta_copula import EmpiricalBetaCopula as EmpiricalBetaCopula
from aegen.samplers.flow_matching import FlowMatching as FlowMatching
from aegen.samplers.gaussian import Gaussian as Gaussian
from aegen.samplers.gaussian_copula import GaussianCopula as GaussianCopula
from aegen.samplers.gaussian_mixture import GaussianMixture as GaussianMixture
from aegen.samplers.independent_margins import IndependentMargins as IndependentMargins
from aegen.samplers.kde import KDE as KDE
from aegen.samplers.local_gaussian import LocalGaussian as LocalGaussian
from aegen.samplers.normalizing_flow import NormalizingFlow as NormalizingFlow
from aegen.samplers.standard_normal import StandardNormal as StandardNormal
from aegen.samplers.vine_copula import VineCopula as VineCopula
