from aegen.autoencoders.classifier import Classifier as Classifier
from aegen.autoencoders.networks.base import Autoencoder as Autoencoder
from aegen.core.family import Family

architectures: Family[Autoencoder]

# Written by .ci/names.py from the files of the folder:
from aegen.autoencoders.networks.convolutional import Convolutional as Convolutional
from aegen.autoencoders.networks.latent_noise import LatentNoise as LatentNoise
from aegen.autoencoders.networks.masked import Masked as Masked
from aegen.autoencoders.networks.supervised import Supervised as Supervised
from aegen.autoencoders.networks.variational import Variational as Variational
