"""How a peer of training steps is asked: by lines of JSON."""

import json
import sys
import time


def serve(about, built, threads):
    """Says what it is, then answers each line {"kind", "arguments", "tuned", "seconds"} with the milliseconds of one step.

    `built` makes a function of a step, or of as many as its `steps` says, at its first request, which may take minutes of
    compiling and is not counted; it is kept, so that requests for several can take turns with another program. With one
    thread time is that of the processor.
    """
    clock = time.process_time if threads == 1 else time.perf_counter
    print(json.dumps({"about": about, "threads": threads}), flush=True)
    steps = {}
    for line in sys.stdin:
        request = json.loads(line)
        seconds, name = request.pop("seconds"), json.dumps(request)
        try:
            if name not in steps:
                steps[name] = built(**request)
                for _ in range(3):
                    steps[name]()
            step, count, began = steps[name], 0, clock()
            while count < 1 or clock() - began < seconds:
                step()
                count += getattr(step, "steps", 1)
            answer = {"ms": 1000 * (clock() - began) / count}
        except Exception as error:  # the other side reports it and goes on
            answer = {"error": f"{type(error).__name__}: {error}".split("\n")[0]}
        print(json.dumps(answer), flush=True)
