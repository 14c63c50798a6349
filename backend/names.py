"""The names that artists know from other programs (A1111's), in the order they are listed."""

SAMPLERS = (
    "DPM++ 2M",
    "DPM++ SDE",
    "DPM++ 2M SDE",
    "DPM++ 3M SDE",
    "DPM++ 2S a",
    "Euler a",
    "Euler",
    "LMS",
    "Heun",
    "DPM2",
    "DPM2 a",
    "DDIM",
    "PLMS",
    "UniPC",
    "LCM",
)
SCHEDULES = ("Automatic", "Uniform", "Karras", "Exponential", "SGM Uniform", "Beta")
PREVIEW_METHODS = ("Auto", "Fitted linear", "TAESD", "Full VAE", "Off")
# Before a checkpoint's name: the VAE inside it, as a choice for another checkpoint.
FROM_CHECKPOINT = "From checkpoint: "
