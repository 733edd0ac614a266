"""Times PyTorch, JAX and ggml against `deltanet-verify bench`, in turns, and prints the ratios."""

import argparse
import ctypes
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from types import ModuleType

FOLDER = Path(__file__).resolve().parent
PACKAGES = {"jax": "jax", "torch": "torch", "ggml": "llama-cpp-python"}
PASSES = ("forward", "forward+backward")
TOLERANCE = 1e-5
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of glibc's mallopt


@dataclass(frozen=True)
class Timing:
    """Nanoseconds per token and head."""

    minimum: float
    median: float


@dataclass
class Entry:
    """A line of a table: who it is, how it is timed, and what was found."""

    name: str
    sample: Callable[[], Timing]
    error: float | None = None
    timings: list[Timing] = field(default_factory=list)

    @property
    def is_wrong(self) -> bool:
        """Whether it was checked, and its error is too large or no number."""
        return self.error is not None and not self.error <= TOLERANCE

    @property
    def minimum(self) -> float:
        """The least of all runs."""
        return min(timing.minimum for timing in self.timings)

    @property
    def median(self) -> float:
        """The median of the rounds' medians."""
        return median(timing.median for timing in self.timings)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bench", type=Path, default=Path(".build/release/deltanet-verify"), help="our executable")
    parser.add_argument("--form", default="fused-recurrence", help="our form")
    parser.add_argument("--peers", nargs="*", choices=PACKAGES, default=list(PACKAGES), help="the libraries")
    parser.add_argument("--passes", nargs="+", choices=PASSES, default=list(PASSES))
    parser.add_argument("--widths", nargs="+", type=int, default=[64, 128], help="dk = dv")
    parser.add_argument("--heads", type=int, default=8)
    parser.add_argument("--length", type=int, default=2048, help="a multiple of every chunk length")
    parser.add_argument("--chunks", nargs="+", type=int, default=[32, 64], help="the peers' chunk lengths")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5, help="how often each contender has its turn")
    parser.add_argument("--repeats", type=int, default=3, help="runs in a turn")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if any(options.length % chunk for chunk in options.chunks):
        parser.error("--length must be a multiple of every chunk length")
    return options


def restrain(threads: int) -> None:
    """Holds this process, what it imports from now on and what it starts to this many threads and cores."""
    for name in ("OMP", "OPENBLAS", "MKL", "VECLIB_MAXIMUM", "NUMEXPR"):
        os.environ[f"{name}_NUM_THREADS"] = str(threads)
    os.environ["OMP_WAIT_POLICY"] = "passive"
    os.environ["NPROC"] = str(threads)  # the size of XLA's thread pool
    os.environ["JAX_PLATFORMS"] = "cpu"
    if threads == 1:
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])


def keep_freed_memory() -> None:
    """Has glibc keep what is freed, so that no contender asks the system for the same pages in every run."""
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(M_MMAP_THRESHOLD, 1 << 30)
        library.mallopt(M_TRIM_THRESHOLD, (1 << 31) - 1)


def ours(options: argparse.Namespace, width: int, passes: str) -> Iterator[Entry]:
    """Our own line, where the executable is there."""
    if not options.bench.is_file():
        return

    def sample() -> Timing:
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.json"
            settings = {
                "lengths": options.length,
                "heads": options.heads,
                "widths": width,
                "numbers": "f32",
                "passes": passes,
                "forms": options.form,
                "threads": options.threads,
                "rounds": options.repeats,
                "json": report,
            }
            words = [word for name, value in settings.items() for word in (f"--{name}", str(value))]
            subprocess.run([str(options.bench.resolve()), "bench", *words], check=True, stdout=subprocess.DEVNULL)
            results = json.loads(report.read_text())["results"]
        wanted = {
            "form": options.form,
            "pass": passes,
            "numbers": "f32",
            "batch": 1,
            "heads": options.heads,
            "length": options.length,
            "key_width": width,
            "value_width": width,
            "threads": options.threads,
        }
        for result in results:
            if wanted.items() <= result.items():
                return Timing(result["ns_minimum"], result["ns_median"])
        raise LookupError(f"{options.bench} reported nothing for {wanted}")

    yield Entry(f"ours, {options.form}", sample)


def peers(options: argparse.Namespace, modules: dict[str, ModuleType], width: int, passes: str) -> Iterator[Entry]:
    """The lines of the libraries, each already run once and compared with the reference."""
    if not modules:
        return
    from contenders import largest_error, random_problem, reference

    problem = random_problem(1, options.heads, options.length, width, options.seed)
    right = reference(problem, passes)
    clock = time.process_time_ns if options.threads == 1 else time.perf_counter_ns

    def timed(run: Callable[[], object]) -> Timing:
        durations = []
        for _ in range(options.repeats):
            start = clock()
            run()
            durations.append((clock() - start) / problem.tokens)
        return Timing(min(durations), median(durations))

    for module in modules.values():
        for contender in module.contenders(problem, passes, options.chunks, options.threads):
            error = largest_error(contender.read(contender.run()), right)
            yield Entry(contender.name, partial(timed, contender.run), error)


def print_table(entries: list[Entry], has_ours: bool) -> None:
    """A Markdown table of the lines, with ratios to the first where that is ours."""
    print("| contender | largest error | ns, minimum | ns, median | peer/ours |\n|---|---|---|---|---|")
    for entry in entries:
        error = "" if entry.error is None else f"{entry.error:.0e}"
        if entry.is_wrong:
            print(f"| {entry.name} | {error} | wrong | | |")
            continue
        ratio = f"{entry.minimum / entries[0].minimum:.1f}" if has_ours else ""
        print(f"| {entry.name} | {error} | {entry.minimum:.0f} | {entry.median:.0f} | {ratio} |")
    print(flush=True)


def available(names: list[str]) -> dict[str, ModuleType]:
    """The modules of the libraries that can be imported; what is absent is said, with what mends it."""
    modules = {}
    requirements = (FOLDER / "requirements.txt").read_text().splitlines()
    for name in names:
        try:
            modules[name] = importlib.import_module(f"{name}_contenders")
        except (ImportError, OSError) as error:
            (requirement,) = (line for line in requirements if line.startswith(f"{PACKAGES[name]}=="))
            print(f"absent: {name} ({error}); pip install {requirement}\n")
    return modules


def compare(options: argparse.Namespace) -> bool:
    """Prints a table for each pass and width; whether every contender was right."""
    modules = available(options.peers)
    has_ours = options.bench.is_file()
    if not has_ours:
        print(f"absent: ours ({options.bench}); swift build -c release\n")

    all_right = True
    for passes in options.passes:
        for width in options.widths:
            entries = [*ours(options, width, passes), *peers(options, modules, width, passes)]
            right = [entry for entry in entries if not entry.is_wrong]
            for _ in range(options.rounds):
                for entry in right:
                    entry.timings.append(entry.sample())
            print(
                f"{passes}, B=1 H={options.heads} L={options.length} dk=dv={width} f32, "
                f"{options.threads} thread{'s' if options.threads > 1 else ''}\n"
            )
            print_table(entries, has_ours)
            all_right &= len(right) == len(entries)
    return all_right


def main() -> int:
    """0, or 1 where a contender was wrong, or 2 where our own executable failed."""
    options = arguments()
    restrain(options.threads)
    keep_freed_memory()
    try:
        return 0 if compare(options) else 1
    except (subprocess.CalledProcessError, OSError, LookupError) as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
