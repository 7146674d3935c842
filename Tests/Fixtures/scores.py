"""PSNR and SSIM of pairs of pictures: scikit-image's, and the definitions that results of super-resolution are told by (BasicSR:
border cropped first; Y of BT.601 from 16 to 235, not rounded; SSIM per channel over windows inside of the picture).
`pip install scikit-image scipy`"""

import numpy as np
from scipy.signal import correlate2d
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

import philox
from fixtures import Fixture

HEIGHT, WIDTH = 37, 41


def pictures(number, strength):
    """A picture of smooth waves and noise, and the same with more noise, both in 8 bits."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    waves = np.stack([127 + 60 * np.sin((rows * (1 + c) + columns * (3 - c)) / 9) for c in range(3)], axis=2)
    noise = [philox.uniform((80 + number, i), HEIGHT, WIDTH, 3) - np.float32(0.5) for i in range(2)]
    first = waves + 40 * noise[0]
    return [np.clip(np.floor(x), 0, 255).astype(np.uint8) for x in (first, first + strength * noise[1])]


def luminance(picture):
    return (picture.astype(np.float64) / 255) @ [65.481, 128.553, 24.966] + 16


def cropped(picture, border):
    return picture[border:picture.shape[0] - border, border:picture.shape[1] - border]


def psnr(a, b):
    return 10 * np.log10(255**2 / ((a.astype(np.float64) - b.astype(np.float64)) ** 2).mean())


def ssim(a, b):
    """As defined, with the whole window of 11×11 at once."""
    taps = np.exp(-np.arange(-5, 6) ** 2 / (2 * 1.5**2))
    window = np.outer(taps, taps) / taps.sum() ** 2

    def one(x, y):
        x, y = x.astype(np.float64), y.astype(np.float64)
        blur = lambda z: correlate2d(z, window, mode="valid")
        mx, my = blur(x), blur(y)
        vx, vy, vxy = blur(x * x) - mx * mx, blur(y * y) - my * my, blur(x * y) - mx * my
        c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
        return ((2 * mx * my + c1) * (2 * vxy + c2) / ((mx * mx + my * my + c1) * (vx + vy + c2))).mean()

    if a.ndim == 2:
        return one(a, b)
    return np.mean([one(a[..., c], b[..., c]) for c in range(a.shape[2])])


def make():
    fixture = Fixture("scores", 0)
    for number, (strength, border) in enumerate([(10, 0), (60, 4), (200, 3)]):
        first, second = pictures(number, strength)
        a, b = cropped(first, border), cropped(second, border)
        y = cropped(luminance(first), border), cropped(luminance(second), border)
        options = dict(gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255)
        library = [
            peak_signal_noise_ratio(a, b, data_range=255), structural_similarity(a, b, channel_axis=2, **options),
            peak_signal_noise_ratio(*y, data_range=255), structural_similarity(*y, **options)]
        defined = [psnr(a, b), ssim(a, b), psnr(*y), ssim(*y)]
        assert np.allclose(library, defined, rtol=1e-9), (library, defined)
        fixture.case(f"pair{number}", {"border": border, "scores": defined}, {"first": first, "second": second})
    fixture.write()


if __name__ == "__main__":
    make()
