// Follows the epoch that a map shows (`aegen-epoch`), so that a part of the page shows the same.
//
// One question at a time: while the server answers, only the newest epoch is remembered. Each waits
// a moment, and none is asked once the map has said where it rests (`aegen-epoch-rests`): that runs
// this part as well, and both together would count as one.

const [MOMENT, REST] = [150, 1500]; // milliseconds

const followers = new WeakMap();

class Follower {
  constructor() {
    this.hear = ({ detail }) => {
      if (detail.of !== this.of || detail.epoch === null) return;
      this.wanted = detail.epoch;
      this.ask();
    };
    this.rest = ({ detail }) => {
      if (detail.of !== this.of) return;
      this.asked = true;
      setTimeout(() => {
        this.asked = false; // where all stays as it is, nothing is shown anew
        this.ask();
      }, REST);
    };
    window.addEventListener("aegen-epoch", this.hear);
    window.addEventListener("aegen-epoch-rests", this.rest);
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
    window.removeEventListener("aegen-epoch-rests", this.rest);
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
