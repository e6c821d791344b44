from aegen.core.family import Family
from aegen.data._lazy import LazyImages as LazyImages
from aegen.data._reading.codes import Codes as Codes
from aegen.data._reading.codes import read_codes as read_codes
from aegen.data._reading.read import read as read
from aegen.data._reading.titles import read_titles as read_titles
from aegen.data._reading.values import ValueSet as ValueSet
from aegen.data._reading.values import read_values as read_values
from aegen.data.base import DataSet as DataSet
from aegen.data.base import ImageSet as ImageSet
from aegen.data.base import Skipped as Skipped

datasets: Family[DataSet]

# Written by .ci/names.py from the files of the folder:
from aegen.data.celeba import CelebA as CelebA
from aegen.data.cifar10 import CIFAR10 as CIFAR10
from aegen.data.dsprites import DSprites as DSprites
from aegen.data.emnist_letters import EMNISTLetters as EMNISTLetters
from aegen.data.fashion_mnist import FashionMNIST as FashionMNIST
from aegen.data.kmnist import KMNIST as KMNIST
from aegen.data.mnist import MNIST as MNIST
from aegen.data.personas import Personas as Personas
from aegen.data.sprites import Sprites as Sprites
from aegen.data.svhn import SVHN as SVHN
