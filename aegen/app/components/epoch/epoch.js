// Follows the epoch that a map shows (`aegen-epoch`), so that a part of the page shows the same.
//
// One question at a time: while the server answers, only the newest epoch is remembered. Each waits
// a moment: together with what the map itself says when it rests, it would stand for that.

const MOMENT = 150; // milliseconds

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
    this.timer ??= setTimeout(() => {
      this.timer = null;
      if (this.asked || this.wanted === this.epoch || this.wanted === null) return;
      this.asked = true;
      this.tell("epoch", this.wanted);
    }, MOMENT);
  }

  close() {
    clearTimeout(this.timer);
    window.removeEventListener("aegen-epoch", this.hear);
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
    follower.close();
    followers.delete(parentElement);
  };
}
