"""Most test modules are named after the module that they test, some with its folder before it (`test_safety_lexicon`),
the others after what people do or several parts do together.

What the tests work with, from small to large:

* `fakes`, `published`, `tiny_pipelines`, `steps`: models, checkpoints and training data that are small enough.
* `bot_fakes`: orders, people and a pool that paints tiles; `services(…)` opens the real services over them.
* `town`, with `bodies`: the real bot in a simulated Discord (the fixture `town`), which refuses what Discord would.
* `web_fakes`: the real pages, asked over HTTP.
* `servers`, `s3_fake`: a real PostgreSQL and Redis, and a small S3, started when a test asks for them.
* `discord_wire`: Discord over real sockets, and the long runs that kill and cut off (`make chaos`, `make outages`).
* `scenes`: every interaction that Discord can send to Easel, in each case, for `test_scenarios`.
"""
