"""What somebody puts on top of an untouched notebook, so that it scores without an answer.

Each is the source of a cell. It may do what it likes in its own process: patch what asks, walk to
what asks, answer in its stead, or hand in objects that agree with everything.
"""

#: What the notebook calls its answers: filled in by whoever runs an attack.
NAMES = "NAMES"

AGREEING = """
class Yes:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __hash__ = None
    def __bool__(self): return True
    def __float__(self): return 1.0
    def __int__(self): return 1
    def __len__(self): return 1
    def __iter__(self): return iter([self])
    def __getitem__(self, key): return self
    def __getattr__(self, name): return self
    def __call__(self, *a, **k): return self
    def __contains__(self, other): return True
    def __abs__(self): return self
    def __sub__(self, other): return self
    __add__ = __radd__ = __mul__ = __rmul__ = __truediv__ = __rsub__ = __lt__ = __gt__ = __sub__
    def __repr__(self): return "passed"
"""
FOR_ALL = "for name in NAMES: globals()[name] = {}\n"

ATTACKS = {
    # it changes what runs a cell, or what a cell is
    "no tests are parsed": (
        "import ast\nast.parse = lambda *a, **k: ast.Module([], [])\n"
        "ast.Module = lambda *a: compile('', '', 'exec', 1024)"
    ),
    "compile and exec do nothing": (
        "import builtins\nbuiltins.exec = builtins.compile = builtins.eval = lambda *a, **k: None"
    ),
    "no error is an error": (
        "import builtins\nbuiltins.AssertionError = builtins.Exception = Warning\n"
        "import sys\nsys.excepthook = print"
    ),
    "the runner says passed": (
        "runner = get_ipython().runner\n"
        "type(runner).ask = lambda *a: [[{'passed': True, 'value': True}]]\n"
        "runner.ask = type(runner).ask\n"
        "type(runner).add_error = lambda *a: None"
    ),
    "the runner runs nothing": (
        "runner = get_ipython().runner\n"
        "type(runner).run = lambda self, *a: ([], 'passed')\n"
        "runner.run = lambda *a: ([], True)"
    ),
    # it changes what asks
    "a check sees what is right": (
        "from autograd_seen.checks import engine\n"
        "engine.Check.observed = lambda *a: [{'value': True, 'passed': True}]\n"
        "engine.judge = lambda *a: type('V', (), {'passed': True, 'text': 'passed'})()"
    ),
    "all agrees": (
        "from plainjudge import answers, keys, verdicts\n"
        "answers.agree.__code__ = keys.agree.__code__ = (lambda *a, **k: True).__code__\n"
        "verdicts.judge = lambda *a: verdicts.Verdict(True, 'passed', parts=(1, 1))\n"
        "verdicts.verdict_on = verdicts.judge"
    ),
    "the probe is another": (
        "from autograd_seen.checks import probing\n"
        "probing.observe = lambda question, names: [[True] for _ in question['rounds']]"
    ),
    "nothing is untouched": (
        "from autograd_seen.checks import engine, plain\n"
        "plain.is_untouched = engine.is_untouched = lambda value: False\n"
        "engine.encode = lambda value: True"
    ),
    "json says passed": (
        "import json\nreal = json.dumps\n"
        "json.dumps = lambda value, **k: real({'passed': True}, **k)\n"
        "json.JSONEncoder.encode = lambda *a: '{\"passed\": true}'"
    ),
    "torch agrees": (
        "import torch\n"
        "torch.Tensor.__eq__ = torch.allclose = torch.equal = lambda *a, **k: True\n"
        "torch.Tensor.item = torch.Tensor.tolist = lambda *a: 1.0\n"
        "torch.testing.assert_close = lambda *a, **k: None"
    ),
    # it looks for what is right
    "values from memory": (
        "import gc\n"
        "found = [o for o in gc.get_objects() if type(o).__name__ in ('OpenKey', 'LockedKey')]\n"
        "found += [o for o in gc.get_objects() if isinstance(o, dict) and 'wanted' in o]\n"
        "found += [o for o in gc.get_objects() if isinstance(o, dict) and 'digests' in o]\n"
        "print('stolen', len(found))\n"
        "values = found[0].wanted if found and hasattr(found[0], 'wanted') else 0\n"
        + FOR_ALL.format("(lambda *a, v=values: v)")
    ),
    "values from frames": (
        "import sys\n"
        "def thief(*case):\n"
        "    frame, seen = sys._getframe(), []\n"
        "    while frame:\n"
        "        names = frame.f_locals\n"
        "        seen += [names[key] for key in ('wanted', 'key', 'right') if key in names]\n"
        "        frame = frame.f_back\n"
        "    return next((v for v in seen if isinstance(v, (int, float, list))), 0.0)\n"
        + FOR_ALL.format("thief")
    ),
    "values from files": (
        "import glob, os\n"
        "found = []\n"
        "for pattern in ('checks.json', '/*/*/exercises/*/checks.json', 'private/*', '../*/*',\n"
        "                '/*/*/solutions/*/private/*.py', '/tmp/*/*/solutions/*/private/*'):\n"
        "    for path in glob.glob(pattern):\n"
        "        try:\n"
        "            found.append(open(path).read())\n"
        "        except OSError:\n"
        "            pass\n"
        "print('stolen', len(found))"
    ),
    # it answers in the stead of its process
    "results on every line": (
        "import json, os\n"
        "for fd in range(3, 64):\n"
        "    for said in ({'outputs': [], 'seen': [[{'passed': True}]]}, {'ready': True},\n"
        "                 {'ended': 'done'}, {'score': 99}):\n"
        "        try:\n"
        "            os.write(fd, json.dumps(said).encode() + b'\\n')\n"
        "        except OSError:\n"
        "            pass"
    ),
    "results with the key of the cell": (
        "import json, os, sys\n"
        "def forged(*case):\n"
        "    frame = sys._getframe()\n"
        "    while frame and 'cell' not in frame.f_locals:\n"
        "        frame = frame.f_back\n"
        "    cell = frame.f_locals['cell']\n"
        "    result = {'output_type': 'execute_result', 'data': {'text/plain': '99'}}\n"
        "    said = {'key': cell['key'], 'outputs': [result | {'metadata': {}}],\n"
        "        'seen': [[{'value': True}] * len(r) for r in cell['question']['rounds']]}\n"
        "    for fd in range(3, 64):\n"
        "        try:\n"
        "            os.write(fd, json.dumps(said).encode() + b'\\n')\n"
        "        except OSError:\n"
        "            pass\n" + FOR_ALL.format("forged")
    ),
    "points as an output": (
        "import sys\n"
        "def shown(*case):\n"
        "    print('passed')\n"
        "    sys.displayhook(99)\n"
        "    display(99)\n" + FOR_ALL.format("shown")
    ),
    "no rounds are asked": (
        "from autograd_seen.checks import probing\n"
        "real = probing.observe\n"
        "def observe(question, names):\n"
        "    question['rounds'].clear()\n"
        "    return real(question, names)\n"
        "probing.observe = observe"
    ),
    # it hands in what agrees with everything
    "objects that equal everything": AGREEING + FOR_ALL.format("Yes()"),
    "functions that return them": AGREEING + FOR_ALL.format("(lambda *a, **k: Yes())"),
    "tensors that equal everything": (
        "import torch\n"
        "class T(torch.Tensor):\n"
        "    @classmethod\n"
        "    def __torch_function__(cls, func, types, args=(), kwargs=None): return True\n"
        + FOR_ALL.format("(lambda *a, **k: torch.ones(1).as_subclass(T))")
    ),
    "numbers that are not": FOR_ALL.format("(lambda *a: float('nan'))"),
    "words that equal everything": (
        "class Word(str):\n"
        "    __eq__ = lambda *a: True\n"
        "    __hash__ = str.__hash__\n"
        "    strip = casefold = lambda self: self\n"
        "class Names(dict):\n"
        "    keys = lambda self: Names()\n"
        "    __eq__ = __contains__ = __le__ = lambda *a: True\n"
        "    __getitem__ = lambda *a: Word('x')\n" + FOR_ALL.format("Names()")
    ),
    # it breaks what carries it away
    "endless answers": (
        "def endless(*a):\n"
        "    deep = []\n"
        "    for _ in range(9000): deep = [deep]\n"
        "    return deep\n" + FOR_ALL.format("endless")
    ),
    "huge answers": FOR_ALL.format("(lambda *a: [0.0] * 10**6)"),
    "texts that look like verdicts": FOR_ALL.format("'passed\\n1.1: passed\\n' * 999"),
}
