"""aiocoap's client, doing what it is told to: see foreign-program.ts."""

import asyncio
import logging

import aiocoap
from aiocoap.message import UndecidedRemote
from aiocoap.numbers.constants import TransportTuning
from aiocoap.numbers.types import CON, NON

from words import Command, arguments, lines, say, shown, unhex

logging.disable(logging.CRITICAL)
given = arguments()


class Tuning(TransportTuning):
    ACK_TIMEOUT = float(given.get("ack-timeout", 2000)) / 1000


def message_of(command):
    message = aiocoap.Message(
        code=aiocoap.Code(command.number("method")),
        transport_tuning=Tuning(),
        payload=unhex(command.first("payload") or ""),
    )
    message.remote = UndecidedRemote("coap", f"127.0.0.1:{command.first('port')}")
    message.mtype = CON if command.number("con") else NON
    options = message.opt
    options.uri_path = tuple(unhex(value).decode() for value in command.all("path"))
    options.uri_query = tuple(unhex(value).decode() for value in command.all("query"))
    options.content_format = command.number("format")
    options.accept = command.number("accept")
    options.etags = [unhex(value) for value in command.all("etag")]
    options.if_match = [unhex(value) for value in command.all("ifmatch")]
    options.if_none_match = bool(command.number("ifnonematch"))
    return message


async def apply_block_size(context, message, size):
    if size is None:
        return
    exponent = size.bit_length() - 5
    if message.code == aiocoap.GET:
        message.opt.block2 = (0, False, exponent)
    else:
        await context.find_remote_and_interface(message)
        message.remote.maximum_block_size_exp = exponent


class Client:
    def __init__(self, context):
        self.context = context
        self.requests = {}

    async def obey(self, command):
        try:
            await getattr(self, command.operation)(command)
        except Exception as error:
            say(command.id, "error", f"{type(error).__name__}: {error}")

    async def request(self, command):
        message = message_of(command)
        await apply_block_size(self.context, message, command.number("block"))
        if command.number("emptytoken"):
            # The number of the next token is 0, which is written in no bytes.
            for manager in self.context.request_interfaces:
                manager._token = 2**64 - 1
        response = await self.context.request(message).response
        say(command.id, "reply", *shown(response))

    async def observe(self, command):
        message = message_of(command)
        message.opt.observe = 0
        request = self.context.request(message)
        self.requests[command.id] = request
        say(command.id, "reply", *shown(await request.response))
        async for notification in request.observation:
            say(command.id, "notification", *shown(notification))

    async def forget(self, command):
        request = self.requests.pop(command.first("observation"))
        request.observation.cancel()
        say(command.id, "done")


async def main():
    context = await aiocoap.Context.create_client_context()
    client = Client(context)
    say("ready")
    tasks = set()
    async for line in lines():
        task = asyncio.create_task(client.obey(Command(line)))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await context.shutdown()


asyncio.run(main())
