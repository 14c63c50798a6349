"""Our pictures against those of bare diffusers pipelines with the same parts."""
