"""PyTorch on the CPU, on the networks and recipes that the requests define: `python3 pytorch.py THREADS LAYOUT`.

LAYOUT is `contiguous` or `channels_last`. The protocol is that of ../contestant.mjs.
"""

import json
import math
import struct
import sys
import time

import numpy
import torch
from torch import nn

THREADS = int(sys.argv[1])
CHANNELS_LAST = sys.argv[2] == "channels_last"
# How far a unit normal distribution that is cut at two deviations deviates.
TRUNCATED_DEVIATION = 0.87962566103423978

torch.set_num_threads(THREADS)
torch.set_num_interop_threads(1)


class Scale(nn.Module):
    """Pixels 0..255 as the network takes them."""

    def __init__(self, scale, offset):
        super().__init__()
        self.scale, self.offset = scale, offset

    def forward(self, pixels):
        return pixels.float() * self.scale + self.offset


class FlattenChannelsLast(nn.Module):
    """Row by row with the channels innermost: in the channels_last layout nothing moves."""

    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)


ACTIVATIONS = {"linear": None, "relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}


def pair(size):
    return (size, size) if isinstance(size, int) else tuple(size)


def build(definition):
    """A definition as nn.Sequential, and the modules that have weights with their layers' definitions."""
    height, width, channels = definition["input"]["shape"]
    modules = [Scale(definition["input"]["scale"], definition["input"]["offset"])]
    weighted = []
    flattened = None
    units = 0

    def activate(layer):
        activation = ACTIVATIONS[layer.get("activation", "linear")]
        if activation:
            modules.append(activation())

    for layer in definition["layers"]:
        kind = layer["type"]
        if kind == "conv2d":
            kernel, strides = pair(layer["kernelSize"]), pair(layer.get("strides", 1))
            same = layer.get("padding", "valid") == "same"
            if same and (strides != (1, 1) or kernel[0] % 2 == 0 or kernel[1] % 2 == 0):
                raise ValueError("PyTorch pads otherwise than TensorFlow here")
            padding = (kernel[0] // 2, kernel[1] // 2) if same else (0, 0)
            module = nn.Conv2d(channels, layer["filters"], kernel, strides, padding, bias=layer.get("useBias", True))
            modules.append(module)
            weighted.append((module, layer, None))
            channels = layer["filters"]
            height = (height + 2 * padding[0] - kernel[0]) // strides[0] + 1
            width = (width + 2 * padding[1] - kernel[1]) // strides[1] + 1
            activate(layer)
        elif kind in ("maxPool2d", "avgPool2d"):
            size = pair(layer["poolSize"])
            strides = pair(layer.get("strides", layer["poolSize"]))
            if layer.get("padding", "valid") == "same" and (height % strides[0] or width % strides[1]):
                raise ValueError("PyTorch pads otherwise than TensorFlow here")
            modules.append((nn.MaxPool2d if kind == "maxPool2d" else nn.AvgPool2d)(size, strides))
            height = (height - size[0]) // strides[0] + 1
            width = (width - size[1]) // strides[1] + 1
        elif kind == "flatten":
            modules.append(FlattenChannelsLast() if CHANNELS_LAST else nn.Flatten())
            flattened = None if CHANNELS_LAST else (height, width, channels)
            units = height * width * channels
        elif kind == "dense":
            module = nn.Linear(units, layer["units"], bias=layer.get("useBias", True))
            modules.append(module)
            weighted.append((module, layer, flattened))
            flattened = None
            units = layer["units"]
            activate(layer)
        elif kind == "dropout":
            modules.append(nn.Dropout(layer["rate"]))
        else:
            raise ValueError(f"this comparison has no layer {kind}")
    network = nn.Sequential(*modules)
    if CHANNELS_LAST:
        network = network.to(memory_format=torch.channels_last)
    return network, weighted


def initialize(weighted):
    for module, layer, _ in weighted:
        fan_in = module.weight[0].numel()
        fan_out = module.weight.numel() // module.weight.shape[1]
        kind = layer.get("kernelInitializer", "glorotUniform")
        if isinstance(kind, dict):
            deviation = kind["truncatedNormal"]
            nn.init.trunc_normal_(module.weight, 0, deviation, -2 * deviation, 2 * deviation)
        elif kind in ("glorotNormal", "heNormal"):
            variance = 2 / (fan_in + fan_out) if kind == "glorotNormal" else 2 / fan_in
            deviation = math.sqrt(variance) / TRUNCATED_DEVIATION
            nn.init.trunc_normal_(module.weight, 0, deviation, -2 * deviation, 2 * deviation)
        elif kind in ("glorotUniform", "heUniform"):
            limit = math.sqrt(6 / (fan_in + fan_out) if kind == "glorotUniform" else 6 / fan_in)
            nn.init.uniform_(module.weight, -limit, limit)
        else:
            nn.init.zeros_(module.weight)
        if module.bias is not None:
            if layer.get("biasInitializer", "zeros") != "zeros":
                raise ValueError("this comparison begins with biases of zero")
            nn.init.zeros_(module.bias)


def load(path, definition, weighted):
    """Weights of a safetensors file, from TensorFlow's order to PyTorch's."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()

    def tensor(name):
        begin, end = header[name]["data_offsets"]
        return torch.from_numpy(numpy.frombuffer(data[begin:end], "<f4").copy()).reshape(header[name]["shape"])

    with torch.no_grad():
        for module, layer, flattened in weighted:
            name = f"{definition['name']}/{layer['name']}"
            weights = tensor(f"{name}/weights")
            if weights.dim() == 4:
                weights = weights.permute(3, 2, 0, 1)
            elif flattened:
                weights = weights.reshape(-1, *flattened).permute(0, 3, 1, 2).flatten(1)
            module.weight.copy_(weights)
            if module.bias is not None:
                module.bias.copy_(tensor(f"{name}/biases"))


def optimizer_for(network, optimizer, rate, decay=0):
    name = optimizer["name"]
    groups = [
        {"params": [p for p in network.parameters() if p.dim() > 1], "weight_decay": decay},
        {"params": [p for p in network.parameters() if p.dim() == 1], "weight_decay": 0},
    ]
    if name == "sgd":
        return torch.optim.SGD(groups, rate)
    if name == "momentum":
        return torch.optim.SGD(groups, rate, momentum=optimizer["momentum"], nesterov=optimizer["nesterov"])
    if name in ("adam", "adamw"):
        kind = torch.optim.Adam if name == "adam" else torch.optim.AdamW
        return kind(groups, rate, (optimizer["beta1"], optimizer["beta2"]), optimizer["epsilon"])
    raise ValueError(f"this comparison has no optimizer {name}")


def read_images(path, count=None):
    labels = numpy.fromfile(f"{path}.labels", numpy.uint8, count or -1)
    images = numpy.fromfile(f"{path}.images", numpy.uint8, len(labels) * 784)
    pixels = torch.from_numpy(images).reshape(-1, 1, 28, 28)
    return pixels, torch.from_numpy(labels).long()


def layout(x):
    return x.contiguous(memory_format=torch.channels_last) if CHANNELS_LAST else x


state = {}


def describe(_):
    return {"name": "PyTorch", "version": torch.__version__, "threads": torch.get_num_threads(), "layout": sys.argv[2]}


def prepare_training(request):
    torch.manual_seed(1)
    network, weighted = build(request["definition"])
    initialize(weighted)
    state["network"] = network.train()
    state["optimizer"] = optimizer_for(network, request["optimizer"], request["learningRate"])
    state["batch"] = request["batchSize"]
    state["images"], state["labels"] = read_images(request["data"], 6400)
    state["done"] = 0
    return {}


def one_step(network, optimizer, images, labels):
    loss = nn.functional.cross_entropy(network(layout(images)), labels)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    return loss


def train(request):
    batch, images, labels = state["batch"], state["images"], state["labels"]
    batches = len(labels) // batch
    seconds = []
    for _ in range(request["steps"]):
        started = time.perf_counter()
        at = (state["done"] % batches) * batch
        loss = one_step(state["network"], state["optimizer"], images[at : at + batch], labels[at : at + batch])
        state["loss"] = loss.item()
        state["done"] += 1
        seconds.append(time.perf_counter() - started)
    return {"seconds": seconds, "loss": state["loss"]}


def prepare_prediction(request):
    network, weighted = build(request["definition"])
    load(request["checkpoint"], request["definition"], weighted)
    state["network"] = network.eval()
    images, _ = read_images(request["data"], request["batchSize"])
    state["images"] = layout(images.float())
    return {}


def predict(request):
    seconds = []
    with torch.inference_mode():
        for _ in range(request["repetitions"]):
            started = time.perf_counter()
            torch.softmax(state["network"](state["images"]), 1)
            seconds.append(time.perf_counter() - started)
    return {"seconds": seconds}


def probabilities(_):
    with torch.inference_mode():
        return {"values": torch.softmax(state["network"](state["images"]), 1).flatten().tolist()}


def accuracy(network, images, labels):
    network.eval()
    right = 0
    with torch.inference_mode():
        for at in range(0, len(labels), 1000):
            right += (network(layout(images[at : at + 1000])).argmax(1) == labels[at : at + 1000]).sum().item()
    network.train()
    return right / len(labels)


KNOWN = {
    "batchSize", "epochs", "steps", "optimizer", "learningRate", "schedule", "weightDecay", "loss", "seed",
    "validationCount", "shuffleBuffer",
}


def train_recipe(request):
    """A whole training by the preset's recipe, from reading the data to the last epoch's evaluation."""
    config = request["config"]
    unknown = set(config) - KNOWN
    if unknown:
        raise ValueError(f"the recipe has {', '.join(sorted(unknown))}, which this comparison does not do")
    if config["loss"] != "softmaxCrossEntropy":
        raise ValueError(f"this comparison has no loss {config['loss']}")
    test_images, test_labels = read_images(request["test"])
    started = time.perf_counter()
    images, labels = read_images(request["train"])
    torch.manual_seed(request["seed"])
    network, weighted = build(request["definition"])
    initialize(weighted)
    network.train()
    optimizer = optimizer_for(network, config["optimizer"], config["learningRate"], config["weightDecay"])
    split = torch.randperm(len(labels))
    held_out, kept = split[: config["validationCount"]], split[config["validationCount"] :]
    rates = request["rates"]
    batch = config["batchSize"]
    step = 0
    while step < len(rates):
        order = kept[torch.randperm(len(kept))]
        for at in range(0, len(order), batch):
            if step == len(rates):
                break
            for group in optimizer.param_groups:
                group["lr"] = rates[step]
            chosen = order[at : at + batch]
            loss = one_step(network, optimizer, images[chosen], labels[chosen])
            if not math.isfinite(loss.item()):
                raise ValueError(f"the loss is {loss.item()} at step {step + 1}")
            step += 1
        if len(held_out) > 0:
            accuracy(network, images[held_out], labels[held_out])
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "accuracy": accuracy(network, test_images, test_labels)}


TASKS = {
    "describe": describe,
    "prepareTraining": prepare_training,
    "train": train,
    "preparePrediction": prepare_prediction,
    "predict": predict,
    "probabilities": probabilities,
    "trainRecipe": train_recipe,
}

for line in sys.stdin:
    asked = json.loads(line)
    try:
        answer = TASKS[asked["do"]](asked)
    except Exception as error:  # told to the benchmark, which goes on without this contestant
        answer = {"error": f"PyTorch: {error}"}
    print(json.dumps(answer), flush=True)
