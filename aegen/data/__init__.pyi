from aegen.core.family import Family
from aegen.data.base import DataSet as DataSet
from aegen.data.base import ImageSet as ImageSet

datasets: Family[DataSet]

# Written by .ci/names.py from the files of the folder:
from aegen.data.cifar10 import CIFAR10 as CIFAR10
from aegen.data.fashion_mnist import FashionMNIST as FashionMNIST
from aegen.data.mnist import MNIST as MNIST
from aegen.data.sprites import Sprites as Sprites
