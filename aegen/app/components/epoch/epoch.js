// Follows the epoch that a map shows (`aegen-epoch`), so that a part of the page shows the same.
//
// One question at a time: while the server answers, only the newest epoch is remembered.

const followers = new WeakMap();

class Follower {
  constructor() {
    this.hear = ({ detail }) => {
      if (detail.of !== this.of || detail.epoch === null) return;
      this.wanted = detail.epoch;
      this.ask();
    };
    window.addEventListener("aegen-epoch", this.hear);
  }

  show({ of, epoch }) {
    if (this.of !== of) this.wanted = null;
    Object.assign(this, { of, epoch, asked: false });
    this.wanted ??= epoch;
    this.ask();
  }

  ask() {
    if (this.asked || this.wanted === this.epoch || this.wanted === null) return;
    this.asked = true;
    this.tell("epoch", this.wanted);
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  if (!followers.has(parentElement)) followers.set(parentElement, new Follower());
  const follower = followers.get(parentElement);
  follower.tell = setTriggerValue;
  follower.show(data);
  const turn = (follower.turn = (follower.turn ?? 0) + 1);
  // Streamlit may run a late clean-up after the next call: only the last call's counts.
  return () => {
    if (follower.turn !== turn) return;
    window.removeEventListener("aegen-epoch", follower.hear);
    followers.delete(parentElement);
  };
}
