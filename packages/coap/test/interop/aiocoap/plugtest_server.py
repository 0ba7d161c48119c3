"""The resources of the plugtests at aiocoap's server: see server.ts for what each of them does."""

import asyncio
import logging
import socket

import aiocoap
from aiocoap import Code, Message, resource
from aiocoap.numbers.constants import TransportTuning

from words import arguments, lines, say

logging.disable(logging.CRITICAL)
given = arguments()
PERIOD = float(given.get("period", 250)) / 1000
SEPARATE = float(given.get("separate", 300)) / 1000
TEXT, LINK_FORMAT, XML = 0, 40, 41
LARGE = "".join(f"block of sixteen {index:02}\n" for index in range(80)).encode()


class Tuning(TransportTuning):
    ACK_TIMEOUT = float(given.get("ack-timeout", 2000)) / 1000
    MAX_RETRANSMIT = int(given.get("max-retransmit", 4))
    EMPTY_ACK_DELAY = 0.1


def reply(code=Code.CONTENT, payload=b"", content_format=None, **options):
    return Message(code=code, payload=payload, content_format=content_format, transport_tuning=Tuning(), **options)


class Plain(resource.Resource):
    """A resource whose methods are functions of the request."""

    def __init__(self, link=None, **methods):
        super().__init__()
        self.link = link or {}
        for name, method in methods.items():
            setattr(self, f"render_{name}", self.asynchronous(method))

    @staticmethod
    def asynchronous(method):
        async def render(request):
            result = method(request)
            return await result if asyncio.iscoroutine(result) else result

        return render

    def get_link_description(self):
        return self.link


class Stored(Plain):
    """Has an ETag and can be put under conditions."""

    def __init__(self, initial, link=None):
        super().__init__(link, get=self.get, put=self.put, delete=self.delete)
        self.content = initial
        self.format = TEXT
        self.version = 0

    @property
    def etag(self):
        return bytes([self.version + 1])

    def get(self, request):
        if self.content is None:
            return reply(Code.NOT_FOUND)
        if self.etag in request.opt.etags:
            return reply(Code.VALID, etag=self.etag)
        return reply(payload=self.content, content_format=self.format, etag=self.etag)

    def put(self, request):
        exists = self.content is not None
        wanted = request.opt.if_match
        if (request.opt.if_none_match and exists) or (wanted and not (exists and self.etag in wanted)):
            return reply(Code.PRECONDITION_FAILED)
        self.version += 1
        self.content = request.payload
        self.format = TEXT if request.opt.content_format is None else request.opt.content_format
        return reply(Code.CHANGED if exists else Code.CREATED)

    def delete(self, request):
        self.content = None
        return reply(Code.DELETED)


class Observed(resource.ObservableResource):
    """Changes by itself, and when somebody puts something into it."""

    def __init__(self, represent):
        super().__init__()
        self.represent = represent
        self.changes = 0
        self.content = represent(0)
        self.format = TEXT
        self.task = asyncio.create_task(self.change())

    def get_link_description(self):
        return {"title": "Resource which changes", "rt": "observe", "obs": None}

    def current(self):
        return reply(payload=self.content, content_format=self.format, max_age=max(1, round(PERIOD)))

    async def change(self):
        while True:
            await asyncio.sleep(PERIOD)
            self.changes += 1
            self.content, self.format = self.represent(self.changes), TEXT
            self.updated_state()

    async def render_get(self, request):
        return self.current()

    async def render_put(self, request):
        same = request.opt.content_format == self.format
        self.content, self.format = request.payload, request.opt.content_format
        self.updated_state(None if same else reply(Code.NOT_ACCEPTABLE))
        return reply(Code.CHANGED)

    async def render_delete(self, request):
        self.updated_state(reply(Code.NOT_FOUND))
        return reply(Code.DELETED)


async def separate(request):
    await asyncio.sleep(SEPARATE)
    return reply(payload=b"separate", content_format=TEXT)


def multi_format(request):
    if request.opt.accept in (None, TEXT):
        return reply(payload=b"plain", content_format=TEXT)
    if request.opt.accept == XML:
        return reply(payload=b"<xml/>", content_format=XML)
    return reply(Code.NOT_ACCEPTABLE)


def text(payload):
    return lambda request: reply(payload=payload.encode(), content_format=TEXT)


def build():
    site = resource.Site()

    def add(path, added):
        site.add_resource(path.split("/"), added)

    add("test", Plain(
        {"title": "Default test resource"},
        get=text("test"),
        put=lambda request: reply(Code.CHANGED),
        post=lambda request: reply(Code.CREATED, location_path=("location1", "location2", "location3")),
        delete=lambda request: reply(Code.DELETED),
    ))
    add("separate", Plain(get=separate))
    add("seg1/seg2/seg3", Plain(get=text("seg1/seg2/seg3")))
    add("query", Plain(
        get=lambda request: reply(payload="&".join(request.opt.uri_query).encode(), content_format=TEXT)
    ))
    add("location-query", Plain(post=lambda request: reply(Code.CREATED, location_query=("first=1", "second=2"))))
    add("multi-format", Plain({"ct": "0 41"}, get=multi_format))
    add("validate", Stored(b"first"))
    add("create1", Stored(None))
    add("large", Plain({"rt": "block", "sz": str(len(LARGE))}, get=lambda request: reply(payload=LARGE, content_format=TEXT)))
    add("large-update", Stored(LARGE, {"rt": "block"}))
    created = []

    def create(request):
        created.append(request.payload)
        name = str(len(created))
        add(f"large-create/{name}", Plain(
            get=lambda _: reply(payload=request.payload, content_format=request.opt.content_format)
        ))
        return reply(Code.CREATED, location_path=("large-create", name))

    add("large-create", Plain({"rt": "block"}, post=create))
    add("large-post", Plain(
        {"rt": "block"},
        post=lambda request: reply(Code.CHANGED, payload=request.payload.upper(), content_format=TEXT),
    ))
    add("obs", Observed(lambda changes: f"change {changes}".encode()))
    add("obs-non", Observed(lambda changes: f"change {changes}".encode()))
    add("obs-large", Observed(lambda changes: f"change {changes}\n".encode() + LARGE))
    add("obs-pumping", Observed(lambda changes: f"change {changes}\n".encode() + (b"" if changes % 2 else LARGE)))
    add("link1", Plain({"rt": "Type1 Type2", "if": "If1"}, get=text("/link1")))
    add("link2", Plain({"rt": "Type2 Type3", "if": "If2"}, get=text("/link2")))
    add("link3", Plain({"rt": "Type1 Type3", "if": "foo"}, get=text("/link3")))
    subs = [f"/path/sub{index}" for index in (1, 2, 3)]
    add("path", Plain(
        {"ct": str(LINK_FORMAT)},
        get=lambda request: reply(payload=",".join(f"<{sub}>" for sub in subs).encode(), content_format=LINK_FORMAT),
    ))
    for sub in subs:
        add(sub[1:], Plain(get=text(sub)))
    add(".well-known/core", resource.WKCResource(site.get_resources_as_linkheader, impl_info=None))
    return site


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def main():
    # aiocoap does not tell which port it was given.
    port = free_port()
    context = await aiocoap.Context.create_server_context(build(), bind=("127.0.0.1", port))
    say("port", port)
    async for _ in lines():
        pass
    await context.shutdown()


asyncio.run(main())
