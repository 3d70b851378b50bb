"""`hearthub job`."""

from typing import Annotated

import typer

from hearthub.cli.common import Data, Json, moment, open_database, show

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.command()
def dead(as_json: Json = False, data: Data = None) -> None:
    """List jobs that failed too often and were given up."""
    from hearthub.jobs import Jobs

    with open_database(data, make=False) as db:
        jobs = Jobs(db).dead()
    rows = [
        {
            "id": job.id,
            "job": job.key,
            "finished": moment(job.finished),
            "error": job.error if as_json else (job.error or "").strip().rpartition("\n")[2],
        }
        for job in jobs
    ]
    show(rows, as_json)


@app.command()
def retry(
    number: Annotated[int, typer.Argument(metavar="ID", min=1, max=2**62)], data: Data = None
) -> None:
    """Let a dead job run again."""
    from hearthub.jobs import Jobs

    with open_database(data, make=False) as db:
        Jobs(db).retry(number)
    print(f"The job {number} waits for a worker")
