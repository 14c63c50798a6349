// Into the bin and back: the list on show, the message that can take it back, and the last word.
function makeBin({ pages, filters, message, drawList, find }) {
  const several = (count) => (count === 1 ? "1 picture" : `${count} pictures`);

  async function recount() {
    const page = await pages.renew();
    if (page) filters.tell(page);
    document.dispatchEvent(new Event("atelier:saved")); // the recent strip has changed
  }

  async function move(pictures, route) {
    const ids = pictures.map(({ id }) => id);
    try {
      await tellGallery(route, { ids });
    } catch (error) {
      if (ids.length > 1) await find(); // some may have been moved before it failed
      throw error;
    }
    return ids;
  }

  return {
    /** Move pictures to the bin; resolves once they are there. */
    discard(pictures) {
      return message.attempt(async () => {
        if (!pictures.length) return;
        pages.remove(await move(pictures, "/delete"));
        message.say(`${several(pictures.length)} moved to the bin.`, pictures);
        drawList();
        await recount();
      });
    },
    restore(pictures) {
      return message.attempt(async () => {
        if (!pictures.length) return;
        const ids = await move(pictures, "/restore");
        if (filters.inBin()) pages.remove(ids);
        else pages.putBack(pictures);
        message.say(filters.inBin() ? `${several(ids.length)} restored.` : "");
        drawList();
        await recount();
      });
    },
    restoreAll() {
      return message.attempt(async () => {
        const { count } = await tellGallery("/restore-all", {});
        message.say(`${several(count)} restored.`);
      });
    },
    empty() {
      return message.attempt(async () => {
        if (!confirm("Delete the pictures in the bin for good?")) return;
        const { count } = await tellGallery("/empty-bin", {});
        message.say(`${several(count)} deleted for good.`);
      });
    },
  };
}
