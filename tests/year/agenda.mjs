// What is to happen when, in the order of time.

export class Agenda {
  #items = [];

  /** `act` happens at this moment, in milliseconds. */
  add(at, act) {
    this.#items.push({ at, act });
  }

  /** Everything due by this moment, taken off. */
  due(now) {
    const due = this.#items.filter((one) => one.at <= now).sort((one, other) => one.at - other.at);
    this.#items = this.#items.filter((one) => one.at > now);
    return due.map(({ act }) => act);
  }

  get length() {
    return this.#items.length;
  }
}
