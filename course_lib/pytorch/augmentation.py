"""Augmentation of images on the device where they lie."""

import numpy as np
import torch
from torch.nn import functional


def shift(x: torch.Tensor, image_shape: tuple[int, int], offsets: np.ndarray) -> torch.Tensor:
    """Move each image by whole pixels; what comes in from outside is 0.

    x : tensor (batch, height * width); offsets : (batch, 2) whole numbers, rows down and columns right
    """
    height, width = image_shape
    images = x.reshape(-1, height, width)
    offsets = torch.as_tensor(offsets, device=x.device)
    margin = max(1, int(offsets.abs().max()))
    padded = functional.pad(images, (margin, margin, margin, margin))
    rows = torch.arange(height, device=x.device) + margin - offsets[:, :1]
    columns = torch.arange(width, device=x.device) + margin - offsets[:, 1:]
    example = torch.arange(len(images), device=x.device)[:, None, None]
    return padded[example, rows[:, :, None], columns[:, None, :]].reshape(x.shape)


def flip(x: torch.Tensor, image_shape: tuple[int, int], flipped: np.ndarray) -> torch.Tensor:
    """Mirror, left to right, the images for which `flipped` (batch,) is True."""
    images = x.reshape(-1, *image_shape)
    flipped = torch.as_tensor(flipped, device=x.device)[:, None, None]
    return torch.where(flipped, images.flip(dims=(2,)), images).reshape(x.shape)
