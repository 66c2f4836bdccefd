"""Computes how long reading from a storage takes on Lambda, in ms."""

from __future__ import annotations

import numpy

from bench.predict.parameters import Parameters
from bench.predict.situation import Fetch, Situation
from bench.predict.spread import Values

_MB = 1e6
_OPENED = 2  # connections that manifest and header are read over
#: Bytes that Linux reads of a block device before it notices a gap: two of its longest reads at most, less what is
#: wanted behind a short gap. `make acceptance ARGS=shape` measures it: the default model's 345 MB cost 407.
READ_AHEAD = 1.6e6


def network_ms(bytes_: float, offered: Values, parameters: Parameters) -> Values:
    """How long bytes take that are asked for at the rate `offered` (B/s).

    A token bucket: at most `burst_bytes` come at the burst rate, the rest at the steady one. It refills while it is
    emptied, so who asks for less gets more bytes before it is empty. In t seconds come the fewer of rate * t and
    full + steady * t bytes, where a bucket of `full` bytes passes `burst_bytes` at the burst rate.
    """
    rate = numpy.minimum(offered, parameters.burst)
    full = parameters.burst_bytes * (1 - parameters.steady / parameters.burst)
    return numpy.maximum(bytes_ / rate, (bytes_ - full) / parameters.steady) * 1e3


def fetch_ms(situation: Situation, parameters: Parameters) -> Values:
    """How long the weights take: opening them (one round trip), then their bytes."""
    if not situation.storage.published:
        raise ValueError(
            f"no published figures say how fast {situation.storage.name} is: nothing can be predicted of it"
        )
    if situation.storage.opened == "bucket":
        return _bucket_ms(situation, parameters)
    if situation.storage.baked:
        return _image_ms(situation, parameters)
    return _mount_ms(situation, parameters)


def _bucket_ms(situation: Situation, parameters: Parameters) -> Values:
    """A connection waits for an answer's first byte, receives its bytes at its own rate, and takes the next request.

    Manifest and header come first, over two connections; the others are opened when the requests are known.
    """
    fetch = situation.fetch
    opening = parameters.connect_ms + parameters.first_byte_ms
    if not fetch.bytes_:
        return opening
    others = parameters.connect_ms if min(fetch.readers, len(fetch.requests)) > _OPENED else 0.0
    connections = _in_turn_ms(fetch, parameters)
    return opening + others + numpy.maximum(connections, network_ms(fetch.bytes_, parameters.burst, parameters))


def _in_turn_ms(fetch: Fetch, parameters: Parameters) -> Values:
    """When the last connection is done, if each takes the next request as soon as it is free.

    Sizes matter: with 20 connections the plan's largest requests make it half as long again as equal ones would.
    """
    takes = numpy.add.outer(parameters.first_byte_ms, numpy.zeros(len(fetch.requests)))
    takes = takes + numpy.divide.outer(numpy.array(fetch.requests), parameters.connection).T * 1e3
    free = numpy.zeros((len(takes), min(fetch.readers, len(fetch.requests))))
    draws = numpy.arange(len(takes))
    for each in takes.T:
        free[draws, free.argmin(axis=1)] += each
    return numpy.asarray(free.max(axis=1))


def _mount_ms(situation: Situation, parameters: Parameters) -> Values:
    """Streams side by side: each further one adds a part of a stream's rate, up to the client's limit."""
    streams = 1 + parameters.stream_gain * (situation.fetch.readers - 1)
    offered = numpy.minimum(streams * parameters.stream, parameters.client)
    return parameters.file_ms + network_ms(situation.fetch.bytes_, offered, parameters)


def _image_ms(situation: Situation, parameters: Parameters) -> Values:
    """Chunks, of which as many come at a time as there are readers, or fewer; a new image's weights are all new.

    Linux reads ahead of every reader, and so beyond the ends of what it wants.
    """
    each = parameters.chunk_first_ms if situation.first_deploy else parameters.chunk_later_ms
    depth = 1 + parameters.depth_gain * (situation.fetch.readers - 1)
    return each * (1 + device_bytes(situation.fetch) / parameters.chunk / depth)


def device_bytes(fetch: Fetch) -> float:
    """The bytes that a block device is asked for by the readers of a fetch."""
    return fetch.bytes_ + fetch.gaps * READ_AHEAD


def fetch_once_more_ms(situation: Situation, parameters: Parameters, once: Values, read: Values) -> Values:
    """The fetch of a second INIT, when the share `read` of the first one's had come.

    The image's chunks are in the caches then; /tmp is empty, and an environment's page cache is new.
    """
    if not situation.storage.baked or not situation.first_deploy:
        return once
    return once * (1 - read + read * parameters.chunk_later_ms / parameters.chunk_first_ms)


def code_read_ms(situation: Situation, parameters: Parameters, known: Values | float = 0.0) -> Values:
    """What the imports wait for the image, whose chunks they touch one after the other; the share `known` is cached."""
    new = parameters.new_code * (1 - known) if situation.first_deploy else 0.0
    each = new * parameters.chunk_first_ms + (1 - new) * parameters.chunk_later_ms
    return situation.code_bytes / parameters.chunk * each


def fetch_core_ms(situation: Situation, parameters: Parameters) -> Values:
    """The core time of reading the weights, on the measuring machine's core."""
    of_bucket = situation.storage.opened == "bucket"
    return situation.fetch.bytes_ / _MB * (parameters.bucket_core_ms if of_bucket else parameters.file_core_ms)
