"""Work: jobs, the queue, saving pictures, infotext; `Studio` is the door for the page and API."""
