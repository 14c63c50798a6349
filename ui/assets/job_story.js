// What is known of a job, told message by message. Plain values: nothing here touches the page.
function beginStory(id, { width, height, steps, pictures, input }) {
  return {
    id,
    width,
    height,
    steps,
    pictures,
    input, // {url, fit} of the picture that it starts from, or null
    frames: Array.from({ length: pictures }, () => []), // of each picture: {src, sigma} a step
    saved: Array(pictures).fill(null), // of each picture: its message, once it is on disk
    done: 0, // steps of all pictures together
    line: "Waiting",
    right: "",
    queued: true,
    over: false,
  };
}

function duration(seconds) {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  return seconds < 100 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}

const nameOfPicture = (job, picture) =>
  job.pictures > 1 ? `Picture ${picture + 1} of ${job.pictures} · ` : "";

function endStory(job, line) {
  Object.assign(job, { line, right: "", queued: false, over: true });
}

const CHAPTERS = {
  queued(job, { position }) {
    const before = position === 1 ? "1 picture before yours" : `${position} pictures before yours`;
    job.line = position ? `Queued: ${before}` : "Queued: yours is next";
  },
  waiting(job, { reason }) {
    Object.assign(job, { line: reason, queued: false });
  },
  started(job) {
    Object.assign(job, { line: "Starting", queued: false });
  },
  step(job, { picture, step, total, eta, sigma, src }) {
    job.frames[picture][step - 1] = { src, sigma };
    job.done = picture * total + step;
    job.line = `${nameOfPicture(job, picture)}Step ${step} of ${total}`;
    job.right = job.done < total * job.pictures ? `${duration(eta)} left` : "Decoding";
  },
  saved(job, message) {
    job.saved[message.picture] = message;
    job.done = Math.max(job.done, (message.picture + 1) * job.steps);
  },
  skipped(job, { picture }) {
    job.done = (picture + 1) * job.steps;
    job.line = `Picture ${picture + 1} of ${job.pictures} skipped`;
    job.right = "";
  },
  finished(job, { seconds }) {
    const note = job.saved.map((saved) => saved?.note).find(Boolean);
    job.done = job.steps * job.pictures;
    endStory(job, `Finished in ${duration(seconds)}${note ? ` · ${note}` : ""}`);
  },
  cancelled(job, { picture, step }) {
    const where = `${nameOfPicture(job, picture)}step ${step} of ${job.steps}`;
    const begun = step || picture;
    endStory(job, begun ? `Stopped at ${where}; nothing was decoded after it.` : "Stopped before the first step.");
  },
  failed(job) {
    endStory(job, "Not painted");
  },
  gone(job) {
    if (!job.over) endStory(job, "Atelier was started again; this picture was not finished.");
  },
};

const continueStory = (job, message) => CHAPTERS[message.kind]?.(job, message);
