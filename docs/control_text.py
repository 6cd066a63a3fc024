"""What the page on the lab control says before its table of calls, which is written from the code."""

HEAD = """# Control API

A lab that is up is steered over HTTP: time moves, something breaks, the truth is looked at. `rackloop up` prints where; `/__lab/docs` there
shows every call with its fields, `/` the hall for eyes, `/__lab/openapi.json` the document.

<!-- run: slow -->
```console
$ rackloop exec one --clock stepped -- sh -c \\
    'curl -s --json "{\\"seconds\\": \\"10m\\"}" "$RACKLOOP_CONTROL/__lab/clock/advance"'
{"now":600.0,...}
...
```

`rackloop exec` brings a lab up for as long as one program runs, and tells it in its environment where everything answers.

## Time

With `--clock stepped` time moves only when it is told to. The answer comes when all that was due has happened, so that a client which polls
sees a half-hour installation in seconds:

```console
$ curl --json '{"seconds": "25m"}' http://127.0.0.1:8016/__lab/clock/advance
$ curl --json '{"next": true}' http://127.0.0.1:8016/__lab/clock/advance
```

The second one goes to the next thing that is due.

## Break something

The body is as in a scenario file, in JSON: one [kind](faults.md) with its parameters. A bare number is seconds.

```console
$ curl --json '{"bmc.dead": {"server": "srv-03", "for": "10m"}}' \\
    http://127.0.0.1:8016/__lab/faults
$ curl -X DELETE 'http://127.0.0.1:8016/__lab/faults?server=srv-03'
```

`DELETE` mends.

What is wrong with a fault is answered with 400 and the nearest word, a part that the lab has not with 404 or 409.

## Who may ask

On loopback everybody; elsewhere a token is asked for, which `rackloop up` prints ([what is open to whom](security.md)).

## Calls

"""
