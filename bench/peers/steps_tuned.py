"""The training steps of steps.py, tuned for the processor and compiled by torch.compile, which needs a C++ compiler.

Each is written as the fastest of the ways tried on one thread: tables, perceptrons and little transformers as one program
of loss, slopes and Adam; larger transformers as a compiled loss beside fused Adam (one program took some times as long to
compile and as long to run), with attention in plain products (scaled_dot_product_attention was 5 % slower) and in mode
default (max-autotune was 9 % slower). Replicates are one tensor, choices one flat gather, norms F.rms_norm, and logits are
made of those tokens alone that are scored.
"""

import math
import os
import shutil

import torch
import torch.nn.functional as F

BETA = 0.1
RATE = 1e-3
LITTLE = 100_000  # parameters of a transformer that is faster as one program


def compiler():
    """The C++ compiler that torch.compile calls, or None."""
    return shutil.which(os.environ.get("CXX", "g++"))


def dpo(chosen, rejected, reference):
    return F.softplus(-BETA * ((chosen - reference[0]) - (rejected - reference[1])))


def one_program(parameters, loss):
    """Loss, slopes and Adam with bias correction, compiled as one function at its first call. Adam has one flat vector."""
    sizes, shapes = [p.numel() for p in parameters], [p.shape for p in parameters]
    slope_and_loss = torch.func.grad_and_value(
        lambda flat: loss([part.view(shape) for part, shape in zip(flat.split(sizes), shapes)])
    )

    @torch.compile
    def program(flat, first, second, steps):
        slope, value = slope_and_loss(flat)
        steps = steps + 1
        first = first.lerp(slope, 0.1)
        second = 0.999 * second + 0.001 * slope * slope
        rate, unbias = RATE / (1 - 0.9**steps), 1 / (1 - 0.999**steps)
        return flat - rate * first / ((second * unbias).sqrt() + 1e-8), first, second, steps, value

    flat = torch.cat([p.reshape(-1) for p in parameters])
    state = [flat, torch.zeros_like(flat), torch.zeros_like(flat), torch.zeros(())]

    def step():
        with torch.no_grad():
            *state[:], value = program(*state)
        return value

    return step


def turned(x, cos, sin):
    left, right = x.chunk(2, -1)
    return torch.cat([left * cos - right * sin, left * sin + right * cos], -1)


def transformer(pairs, length, sizes):
    vocabulary, width, layers, hidden = (sizes[name] for name in ("vocabulary", "width", "layers", "hidden"))
    heads, key_heads = sizes["heads"], sizes["key_heads"]
    head, texts, first = width // heads, 2 * pairs, length // 4
    shapes = [(width,), ((heads + 2 * key_heads) * head, width), (width, width), (width,), (2 * hidden, width), (width, hidden)]
    weights = [
        torch.ones(shape) if len(shape) == 1 else 0.02 * torch.randn(shape)
        for shape in [(vocabulary, width), *(shape for _ in range(layers) for shape in shapes), (width,)]
    ]
    ids = torch.randint(vocabulary, (texts, length))
    scored = ids[:, first:].reshape(-1)
    angles = torch.outer(torch.arange(length).float(), 10000 ** (-torch.arange(0, head, 2).float() / head))
    cos, sin = angles.cos()[:, None, :], angles.sin()[:, None, :]
    unseen = torch.full((length, length), -1e9).triu(1)

    def log_probs(weights):
        embedding, *blocks, gain = weights
        x = embedding[ids]
        for n in range(layers):
            norm1, qkv, out, norm2, gate_up, down = blocks[6 * n : 6 * n + 6]
            q, k, v = F.linear(F.rms_norm(x, (width,), norm1, 1e-5), qkv).split(
                [heads * head, key_heads * head, key_heads * head], -1
            )
            q, k = (turned(y.view(texts, length, -1, head), cos, sin).transpose(1, 2) for y in (q, k))
            v = v.view(texts, length, key_heads, head).transpose(1, 2)
            if key_heads != heads:
                k, v = (y.repeat_interleave(heads // key_heads, 1) for y in (k, v))
            seen = torch.softmax((q @ k.transpose(-1, -2)) * head**-0.5 + unseen, -1) @ v
            x = x + F.linear(seen.transpose(1, 2).reshape(texts, length, -1), out)
            gate, up = F.linear(F.rms_norm(x, (width,), norm2, 1e-5), gate_up).chunk(2, -1)
            x = x + F.linear(F.silu(gate) * up, down)
        logits = F.linear(F.rms_norm(x[:, first - 1 : -1], (width,), gain, 1e-5), embedding)
        return -F.cross_entropy(logits.flatten(0, 1), scored, reduction="none").view(texts, -1).sum(-1)

    with torch.no_grad():
        reference = log_probs(weights).view(2, pairs)
    whole = lambda weights: dpo(*log_probs(weights).view(2, pairs), reference).mean()
    if sum(weight.numel() for weight in weights) <= LITTLE:
        return one_program(weights, whole)
    loss = torch.compile(whole)
    weights = [weight.requires_grad_() for weight in weights]
    optimiser = torch.optim.Adam(weights, lr=RATE, fused=True)

    def step():
        value = loss(weights)
        optimiser.zero_grad()
        value.backward()
        optimiser.step()

    return step


def chosen_of(starts, actions):
    """Flat places of chosen and rejected actions among numbers whose rows start there, and a uniform reference."""
    return starts + torch.randint(actions, (2, *starts.shape)), (-math.log(actions),) * 2


def tabular(replicates, states, actions, pairs, **_):
    rows = torch.arange(replicates)[:, None] * states + torch.randint(states, (replicates, pairs))
    places, reference = chosen_of(rows * actions, actions)

    def loss(parameters):
        return dpo(*torch.log_softmax(parameters[0], -1).view(-1)[places], reference).mean(-1).sum()

    return one_program([torch.zeros(replicates, states, actions)], loss)


def tabular_cpo(replicates, states, actions, pairs):
    rows = torch.arange(replicates)[:, None] * states + torch.randint(states, (replicates, pairs))
    places, outcome = rows * actions + torch.randint(actions, rows.shape), torch.rand(replicates, pairs)

    def loss(parameters):
        logp = torch.log_softmax(parameters[0], -1).view(-1)[places]
        return -((logp + math.log(actions)).exp() * outcome).mean(-1).sum()

    return one_program([torch.zeros(replicates, states, actions)], loss)


def mlp(replicates, widths, pairs, **_):
    x, actions = torch.randn(replicates, pairs, widths[0]), widths[-1]
    places, reference = chosen_of(torch.arange(replicates * pairs).view(replicates, pairs) * actions, actions)
    weights = [
        p
        for i, o in zip(widths, widths[1:])
        for p in (torch.randn(replicates, i, o) * (2 / i) ** 0.5, torch.zeros(replicates, 1, o))
    ]

    def loss(parameters):
        y = x
        for n in range(0, len(parameters), 2):
            y = torch.baddbmm(parameters[n + 1], y, parameters[n])
            if n + 2 < len(parameters):
                y = torch.relu(y)
        return dpo(*torch.log_softmax(y, -1).view(-1)[places], reference).mean(-1).sum()

    return one_program(weights, loss)


KINDS = {"tabular": tabular, "mlp": mlp, "transformer": transformer, "tabular cpo": tabular_cpo}
