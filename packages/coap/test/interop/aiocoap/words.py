"""The lines that the tests and the programs of foreign stacks talk in: see foreign-program.ts."""

import asyncio
import sys


def unhex(value):
    return bytes.fromhex(value)


class Command:
    """`ID OPERATION name=value ...`; texts and bytes are in hexadecimal."""

    def __init__(self, line):
        self.id, self.operation, *fields = line.split()
        self._fields = [field.split("=", 1) for field in fields]

    def all(self, name):
        return [value for key, value in self._fields if key == name]

    def first(self, name):
        return next(iter(self.all(name)), None)

    def number(self, name):
        value = self.first(name)
        return None if value is None else int(value)


def say(*words):
    print(*words, flush=True)


def shown(response):
    """What the client got, as the fields of a line."""
    options = response.opt
    fields = [f"code={int(response.code)}", f"payload={response.payload.hex()}"]
    if options.content_format is not None:
        fields.append(f"format={int(options.content_format)}")
    if options.etag is not None:
        fields.append(f"etag={options.etag.hex()}")
    fields += [f"lpath={segment.encode().hex()}" for segment in options.location_path]
    fields += [f"lquery={part.encode().hex()}" for part in options.location_query]
    return fields


async def lines():
    """What is said to this program, until nobody is there any more."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while line := await reader.readline():
        yield line.decode().strip()


def arguments():
    """`--name value` pairs of the command line."""
    words = iter(sys.argv[1:])
    return {name.removeprefix("--"): value for name, value in zip(words, words)}
