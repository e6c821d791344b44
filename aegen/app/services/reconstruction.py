"""Tickets of autoencoders: evaluated by a classifier of the images that they reconstruct.

They name no network of `aegen.supermask.networks` but describe the one that
`aegen.supermask.training.autoencoder` rebuilds. A change of their masks shows in what a bundle's
classifier makes of held-out images that the changed autoencoder encodes and decodes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aegen.app.services import images, tickets

if TYPE_CHECKING:
    from aegen.core.arrays import IntArray
    from aegen.supermask.ticket.ticket import Ticket

__all__ = ["picture", "told"]

BATCH = 500


def picture(name: str) -> tuple[int, int, int] | None:
    """The (c, h, w) that a ticket's autoencoder redraws; None where it is of another network."""
    known = tickets.architecture(name)
    own = tickets.ticket(name).has_plan
    return None if own or known is None or known[0] != "masked" else known[1]


def told(ticket: Ticket, x: Any, classifier: str, attribute: str) -> IntArray:
    """The class (n,), from 0, that a bundle's classifier predicts for each reconstructed image.

    Args:
        ticket: of an autoencoder.
        x: images float32 (n, h, w, c) in [0, 1].
        classifier: the bundle.
        attribute: the name of the classes.

    Raises:
        AegenError: a ticket that does not fit the autoencoder that it describes.
    """
    import numpy as np
    import torch

    from aegen.supermask.training.autoencoder import rebuilt

    images.one_thread()
    network = rebuilt(ticket)
    found = []
    with torch.inference_mode():
        for part in torch.split(torch.from_numpy(x).permute(0, 3, 1, 2), BATCH):
            drawn = network.decode(network.encode(part.contiguous())).permute(0, 2, 3, 1)
            shares = images.classify(classifier, np.ascontiguousarray(drawn.numpy()))
            found.append(shares[attribute].argmax(axis=1))
    answer: IntArray = np.concatenate(found).astype(np.int64)
    return answer
