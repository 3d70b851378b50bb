"""Table of contents: builds the hub, lists routes, says which event starts which job; serves."""

import asyncio
import ctypes
import gc
import logging
import resource
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from hearthub import __version__, api, migrations
from hearthub.accounts import Accounts
from hearthub.catalogue import TAGS_KEPT_S, Catalogue, Downloads, root_files
from hearthub.community import Community
from hearthub.context import Hub
from hearthub.db import Database, DatabaseError, IntegrityError, is_busy
from hearthub.errors import Conflict, HearthubError
from hearthub.events import (
    CommentChanged,
    Commented,
    CommitCreated,
    DiscussionChanged,
    DiscussionOpened,
    Event,
    EventLog,
    RefCreated,
    RefDeleted,
    RepoCreated,
    RepoDeleted,
    RepoLiked,
    RepoMoved,
    RepoSettingsChanged,
    RepoUnliked,
)
from hearthub.fit import Fit
from hearthub.http import errors as http_errors
from hearthub.http import logs
from hearthub.http.edge import Edge, Metrics
from hearthub.http.protocol import Protocol
from hearthub.jobs import Function, Jobs, Worker
from hearthub.lake import Lake
from hearthub.mirror import Mirror
from hearthub.pulse import TABLES, Charts, Pulse
from hearthub.registry import Registry
from hearthub.sandbox import Sandbox
from hearthub.settings import Settings
from hearthub.sso import Provider
from hearthub.storage import Storage
from hearthub.web import pages, unknown

log = logging.getLogger("hearthub")

MINUTE_S, HOUR_S = 60, 3600
DAY_S = 24 * HOUR_S
AGAIN_S = 5
MAX_DESCRIPTORS = 65_536
M_ARENA_MAX = -8  # malloc.h

# For readers in browsers. Never with credentials: the API knows tokens only, no cookies.
CORS = Middleware(
    CORSMiddleware,
    allow_origins=["*"],
    allow_methods=["GET", "HEAD", "POST"],
    allow_headers=["*"],
    expose_headers=(
        "Accept-Ranges Content-Range ETag Link X-Error-Code X-Error-Message X-Linked-ETag "
        "X-Linked-Size X-Repo-Commit X-Request-Id X-Total-Count X-Xet-Access-Token X-Xet-Cas-Url "
        "X-Xet-Hash X-Xet-Token-Expiration"
    ).split(),
    max_age=86400,
)


@contextmanager
def open_hub(settings: Settings) -> Iterator[Hub]:
    """All parts, on the newest schema; closed when the block ends. Any process may open one."""
    db = migrations.open_main(settings)
    objects_db = migrations.open_objects(settings, db)
    catalogue_db = migrations.open_catalogue(settings)
    sandbox = Sandbox(settings.workers)
    hub = build(settings, db, objects_db, catalogue_db, sandbox)
    try:
        yield hub
    finally:
        hub.accounts.flush_last_used(now=True)
        sandbox.close()
        catalogue_db.close()
        objects_db.close()
        db.close()


def build(
    settings: Settings,
    db: Database,
    objects_db: Database,
    catalogue_db: Database,
    sandbox: Sandbox,
) -> Hub:
    events = EventLog(db)
    jobs = Jobs(db)
    accounts = Accounts(db)
    storage = Storage(db, settings, sandbox)
    registry = Registry(db, objects_db, settings, events, accounts, storage)
    community = Community(db, events, jobs, registry)
    downloads = Downloads(db, root_files(registry))
    catalogue = Catalogue(catalogue_db, settings, registry, community, downloads, sandbox)
    lake = Lake(settings.data / "lake", TABLES, sandbox)
    charts = Charts(settings.data / "pulse" / "charts", sandbox)
    pulse = Pulse(lake, settings, registry, catalogue, community, jobs, charts)
    subscribe(events, jobs)
    subscribe_webhooks(events, jobs, community)
    schedule(jobs, registry, storage, catalogue)
    schedule_pulse(jobs, pulse)
    return Hub(
        settings=settings,
        db=db,
        objects_db=objects_db,
        catalogue_db=catalogue_db,
        sandbox=sandbox,
        events=events,
        jobs=jobs,
        accounts=accounts,
        storage=storage,
        registry=registry,
        community=community,
        catalogue=catalogue,
        fit=Fit(sandbox),
        mirror=Mirror(db, settings, accounts, storage, registry),
        pulse=pulse,
        sso=Provider(settings) if settings.oidc_issuer else None,
    )


def subscribe(events: EventLog, jobs: Jobs) -> None:
    """Which event starts which job, in the transaction of the event."""

    def refresh(event: Event) -> None:
        payload = {"repo_id": event.repo_id}
        jobs.add("catalogue.refresh", payload, key=f"refresh:{event.repo_id}")

    def recount(event: Event) -> None:
        jobs.add("catalogue.recount", {"repo_id": event.repo_id}, key=f"recount:{event.repo_id}")

    def after_commit(event: CommitCreated) -> None:
        payload, key = {"repo_id": event.repo_id}, str(event.repo_id)
        refresh(event)
        jobs.add("registry.measure", payload, key=f"measure:{key}")

    def after_change(event: Event) -> None:
        refresh(event)
        jobs.add("pulse.withdraw", {}, key="changed")

    def after_delete(event: RepoDeleted) -> None:
        payload, key = {"repo_id": event.repo_id}, str(event.repo_id)
        after_change(event)
        jobs.add("registry.purge", payload, key=f"purge:{key}")
        # Once more for what an upload or commit that was under way has written since.
        jobs.add("registry.purge", payload, key=f"purge-again:{key}", delay_s=HOUR_S)

    events.subscribe(CommitCreated, after_commit)
    events.subscribe(RepoDeleted, after_delete)
    events.subscribe(RepoMoved, after_change)
    events.subscribe(RepoSettingsChanged, after_change)
    events.subscribe(RepoLiked, recount)
    events.subscribe(RepoUnliked, recount)


def subscribe_webhooks(events: EventLog, jobs: Jobs, community: Community) -> None:
    """What webhooks are told of; this comes before a repo that is deleted is gone."""
    for told in (
        RepoCreated, RepoDeleted, RepoMoved, RepoSettingsChanged, CommitCreated, RefCreated,
        RefDeleted, DiscussionOpened, DiscussionChanged, Commented, CommentChanged,
    ):  # fmt: skip
        events.subscribe(told, community.deliveries.notice)
    # Both keep themselves going; the hour is for what a process that died left.
    jobs.register("webhooks.spread", community.deliveries.spread, every_s=HOUR_S)
    jobs.register("webhooks.deliver", community.sending.run, every_s=HOUR_S)
    jobs.register("webhooks.tidy", community.deliveries.tidy, every_s=DAY_S)


def schedule(jobs: Jobs, registry: Registry, storage: Storage, catalogue: Catalogue) -> None:
    """Every job by name; those with a period run by themselves."""
    _schedule_catalogue(jobs, catalogue)
    jobs.register("registry.measure", registry.measure)
    jobs.register("registry.reach", registry.reach)

    def purge(payload: dict[str, int]) -> None:
        with storage.deleting() as may:
            if may:
                registry.purge(payload)
                return
        jobs.add("registry.purge", payload, key=f"purge:{payload['repo_id']}", delay_s=MINUTE_S)

    jobs.register("registry.purge", purge)

    def sweep(_payload: dict[str, object]) -> None:
        storage.sweep()

    jobs.register("storage.sweep", sweep, every_s=HOUR_S)

    def collect(_payload: dict[str, object]) -> None:
        try:
            tally = registry.collect()
        except Conflict as error:
            log.info("garbage collection waits: %s", error)
            jobs.add("registry.collect", {}, key="later", delay_s=HOUR_S)
            return
        for kind, count in tally.kinds.items():
            log.info("collected %d %s, %d bytes", count.removed, kind, count.removed_bytes)
        for note in tally.notes:
            log.warning("garbage collection: %s", note)

    jobs.register("registry.collect", collect, every_s=DAY_S)


def _schedule_catalogue(jobs: Jobs, catalogue: Catalogue) -> None:
    def refresh(payload: dict[str, int]) -> None:
        if catalogue.refresh(payload):
            jobs.add("catalogue.weigh", {}, key="weigh")

    def weigh(payload: dict[str, int]) -> None:
        if catalogue.weigh(payload):
            jobs.add("catalogue.weigh", {}, key="weigh")

    for name, job in (("refresh", refresh), ("recount", catalogue.recount)):
        jobs.register(f"catalogue.{name}", _when_free(jobs, catalogue, name, job))
    # Each hour too: a rebuild may have found models whose headers nobody read.
    jobs.register("catalogue.weigh", _when_free(jobs, catalogue, "weigh", weigh), every_s=HOUR_S)
    fade = _when_free(jobs, catalogue, "fade", catalogue.fade)
    jobs.register("catalogue.fade", fade, every_s=HOUR_S)
    jobs.register("catalogue.recount-all", catalogue.recount_all, every_s=DAY_S)
    jobs.register("catalogue.rebuild", catalogue.rebuild_if_due)


def schedule_pulse(jobs: Jobs, pulse: Pulse) -> None:
    """Jobs of the observatory."""

    def then_derive(job: Function) -> Function:
        def run(payload: dict[str, object]) -> None:
            job(payload)
            jobs.add("pulse.rank", {}, key="changed")
            jobs.add("pulse.report", {}, key="changed")

        return run

    jobs.register("pulse.own", then_derive(pulse.observe_own), every_s=DAY_S)
    jobs.register("pulse.withdraw", then_derive(pulse.withdraw), every_s=DAY_S)
    jobs.register("pulse.rank", pulse.rank, every_s=HOUR_S)
    jobs.register("pulse.tidy", pulse.tidy, every_s=HOUR_S)
    jobs.register("pulse.show", then_derive(pulse.show), every_s=HOUR_S)  # which gives scores too
    jobs.register("pulse.classify", pulse.classify, every_s=DAY_S)
    jobs.register("pulse.report", pulse.make_reports, every_s=HOUR_S)
    jobs.register("pulse.draw", pulse.draw)


def _when_free(jobs: Jobs, catalogue: Catalogue, name: str, job: Function) -> Function:
    """A rebuild holds the catalogue for minutes. What comes meanwhile is tried again soon, where
    failures would be put off for longer each time; and keeps no thread that runs jobs."""

    def run(payload: dict[str, int]) -> None:
        try:
            if not catalogue.is_rebuilding:
                job(payload)
                return
        except DatabaseError as error:
            if not is_busy(error):
                raise
        key = f"{name}:{payload['repo_id']}" if payload else name
        jobs.add(f"catalogue.{name}", payload, key=key, delay_s=AGAIN_S)

    return run


def create_app(hub: Hub) -> FastAPI:
    """The HTTP application of an open hub."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        try:
            hub.jobs.add("catalogue.rebuild", {}, key="start")
            # Numbers of pages are kept in memory: nobody shall wait for them because of a restart.
            hub.jobs.add("pulse.report", {}, key="changed")
        except DatabaseError as error:  # its disk is full: there is still much to read
            log.warning("whether the catalogue is whole was not looked at: %s", error)
        worker = Worker(hub.jobs)
        worker.start()
        flushers = [
            asyncio.create_task(_flush_last_used(hub)),
            asyncio.create_task(_repeat(_write_downloads, hub)),
            asyncio.create_task(_repeat(_show_downloads, hub)),
            asyncio.create_task(_count_shelves(hub)),
        ]
        yield
        for flusher in flushers:
            flusher.cancel()
        worker.stop()
        # Here, because uvicorn ends the process by the signal it was stopped with.
        await run_in_threadpool(_write_downloads, hub)
        await run_in_threadpool(_show_downloads, hub)
        await run_in_threadpool(_write_last_used, hub)

    metrics = Metrics()
    app = FastAPI(
        title="Hearthub",
        version=__version__,
        summary="An AI hub on your own machines. Not affiliated with Hugging Face.",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        middleware=[
            Middleware(Edge, metrics=metrics, settings=hub.settings),
            CORS,
        ],
    )
    app.state.hub = hub
    app.state.metrics = metrics
    app.add_exception_handler(HearthubError, http_errors.render)
    app.add_exception_handler(HTTPException, unknown.render_http)
    app.add_exception_handler(RequestValidationError, http_errors.render_invalid)
    app.add_exception_handler(UnicodeEncodeError, http_errors.render_not_unicode)
    app.add_exception_handler(IntegrityError, http_errors.render_gone)
    app.add_exception_handler(DatabaseError, http_errors.render_refused)
    app.add_exception_handler(OSError, http_errors.render_refused)
    app.router.routes.extend(api.byte_routes)
    for router in api.routers:
        app.include_router(router)
    app.router.routes.extend(api.routes)
    app.router.routes.extend(pages.routes)
    return app


async def _flush_last_used(hub: Hub) -> None:
    """When tokens were last used is known to the process that saw them, so not a job's to write."""
    while True:
        await asyncio.sleep(60)
        await run_in_threadpool(_write_last_used, hub)


def _write_last_used(hub: Hub) -> None:
    try:
        hub.accounts.flush_last_used(now=True)
    except DatabaseError as error:
        log.warning("when tokens were last used could not be written: %s", error)


async def _repeat(function: Callable[[Hub], None], hub: Hub) -> None:
    while True:
        await asyncio.sleep(2)
        await run_in_threadpool(function, hub)


async def _count_shelves(hub: Hub) -> None:
    while True:
        try:
            await run_in_threadpool(hub.catalogue.count_shelves)
        except DatabaseError as error:
            log.warning("lists count again when they are looked at: %s", error)
        await asyncio.sleep(TAGS_KEPT_S - AGAIN_S)


def _write_downloads(hub: Hub) -> None:
    hub.catalogue.write_downloads()


def _show_downloads(hub: Hub) -> None:
    try:
        hub.catalogue.show_downloads()
    except DatabaseError as error:
        log.warning("lists do not show the newest downloads yet: %s", error)


def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM; downloads in flight get half a minute to finish."""
    logs.set_up(settings)
    raise_descriptor_limit()
    share_arenas()
    started = time.perf_counter()
    with open_hub(settings) as hub:
        app = create_app(hub)
        freeze()
        config = uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            http=Protocol,
            log_config=None,
            access_log=False,
            proxy_headers=False,  # the Edge reads them, by our own setting
            server_header=False,
            timeout_graceful_shutdown=30,
            timeout_keep_alive=30,
        )
        log.info(
            "serving %s on %s port %d after %.2f s",
            settings.data,
            settings.host,
            settings.port,
            time.perf_counter() - started,
        )
        uvicorn.Server(config).run()


def freeze() -> None:
    """What is loaded by now stays. To look through all of it for garbage takes 100 ms, again and
    again, and who asks for a page just then waits."""
    gc.collect()
    gc.freeze()


def raise_descriptor_limit() -> None:
    """A download in flight holds two descriptors; the usual limit of 1,024 is soon met."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MAX_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def share_arenas() -> None:
    """Let all threads allocate from two arenas. By default glibc gives each core eight, and what
    forty threads free in one is of no use to the others: memory grows for hours."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # only glibc has it
    if mallopt is not None:
        mallopt(M_ARENA_MAX, 2)


def work(settings: Settings) -> None:
    """Run jobs until SIGINT or SIGTERM, without serving."""
    logs.set_up(settings)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with open_hub(settings) as hub:
        worker = Worker(hub.jobs)
        worker.start()
        ended.wait()
        worker.stop()
