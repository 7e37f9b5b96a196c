"""The training loop of all demonstration networks: AdamW, cosine schedule, exponential average of the weights."""
import hashlib
import json
import math
import time

import torch

AVERAGE = 0.99


def optimiser_text(rate):
    return f"AdamW {rate}, weight decay 1e-2, cosine, gradients clipped at 12, average of weights {AVERAGE}"


def fit(network, average, batch, loss_of, iterations, rate, report, every=300):
    """Trains `network` on `batch()` = (images, truth); `average` follows it. `report(iteration, curve, cpu_seconds)` is
    called after every `every` iterations and at the end."""
    average.load_state_dict(network.state_dict())
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=1e-2)
    warmup = 50
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda i: min(1, (i + 1) / warmup) * 0.5 *
                                                 (1 + math.cos(math.pi * i / iterations)) + 1e-4)
    curve, running, begin = [], 0.0, time.process_time()
    for iteration in range(1, iterations + 1):
        images, truth = batch()
        loss = loss_of(network(images), truth)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 12.0)
        optimiser.step()
        schedule.step()
        keep = min(AVERAGE, iteration / (iteration + 10))
        with torch.no_grad():
            for a, w in zip(average.parameters(), network.parameters()):
                a.lerp_(w, 1 - keep)
        running += loss.item()
        if iteration % 50 == 0:
            curve.append({"iteration": iteration, "loss": round(running / 50, 4)})
            print(f"{iteration:5d}  loss {running / 50:.4f}  {(time.process_time() - begin) / iteration:.2f} CPU s", flush=True)
            running = 0.0
        if iteration % every == 0 or iteration == iterations:
            report(iteration, curve, round(time.process_time() - begin))


def save(output, network, description, record):
    """The checkpoint with what an exporter must know, and beside it the training record with the checkpoint's hash."""
    output.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"weights": network.state_dict(), "settings": network.settings(), "description": description}, output)
    record["parameters"] = sum(p.numel() for p in network.parameters())
    record["checkpoint_sha256"] = hashlib.sha256(output.read_bytes()).hexdigest()
    output.with_suffix(".json").write_text(json.dumps(record, indent=1) + "\n")
