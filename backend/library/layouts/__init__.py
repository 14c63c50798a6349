"""How the two published layouts name the same tensors.

Modules are built by diffusers and transformers, so their names are the ones asked for; each layout
here answers where a file keeps the tensor of that name. The answers are facts of the published
files: CompVis/stable-diffusion `ldm/modules/diffusionmodules/{openaimodel,model}.py`,
Stability-AI/stablediffusion with open_clip's text tower, and huggingface/diffusers' folders.
"""
