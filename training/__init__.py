"""How the bundled storybook family came to be, from scenes that are rendered here.

Each part is one command, given minutes, which resumes from ``training/runs/`` and ends with its
measurement: ``vae``, ``text``, ``unet`` make the base in ``models/bundled/storybook``; ``decoder``,
``dpt``, ``depth_unet``, ``inpaint_unet``, ``lora``, ``hypernetwork``, ``inversion`` and
``noise_classifier`` the rest of the family; ``reader`` is the judge's eye and ``judge`` asks it.
"""
