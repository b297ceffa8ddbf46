// @vitest-environment jsdom
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { sayFarewell } from "../farewell";
import { chooseLanguage, followPerson, onChoice, useLanguage } from "./language";

const language = () => useLanguage.getState().language;

beforeAll(() => Promise.all([import("./en"), import("./sv"), import("./da")]));

beforeEach(async () => {
  useLanguage.setState({ tellServer: null });
  await chooseLanguage("en");
  sayFarewell();
});

test("What nobody chose here follows the person.", async () => {
  followPerson("da-DK");
  await vi.waitFor(() => expect(language()).toBe("da"));
});

test("A page that ends late takes away its own way to the server alone.", async () => {
  const [first, next] = [vi.fn(() => Promise.resolve()), vi.fn(() => Promise.resolve())];
  const endFirst = onChoice(first);
  const endNext = onChoice(next);
  endFirst();
  await chooseLanguage("sv");
  expect(next).toHaveBeenCalledExactlyOnceWith("sv");
  endNext();
  await chooseLanguage("da");
  expect(next).toHaveBeenCalledOnce();
  expect(first).not.toHaveBeenCalled();
});

describe("what was chosen before somebody signed in", () => {
  beforeEach(() => chooseLanguage("sv"));

  test("It wins over what the server has, and the server is told.", async () => {
    const tellServer = vi.fn(() => Promise.resolve());
    useLanguage.setState({ tellServer });
    followPerson("da");
    await vi.waitFor(() => expect(tellServer).toHaveBeenCalledExactlyOnceWith("sv"));
    expect(language()).toBe("sv");
  });

  test("Once told, it outlives an answer given before, and is not told again.", async () => {
    const tellServer = vi.fn(() => Promise.resolve());
    useLanguage.setState({ tellServer });
    followPerson("da");
    await vi.waitFor(() => expect(sessionStorage).toHaveLength(0));
    followPerson("da"); // read before the server heard of it, and come after
    expect(language()).toBe("sv");
    followPerson("da"); // chosen on another device
    await vi.waitFor(() => expect(language()).toBe("da"));
    expect(tellServer).toHaveBeenCalledOnce();
  });

  test("What the server says after it has said the same comes from another device.", async () => {
    const tellServer = vi.fn(() => Promise.resolve());
    useLanguage.setState({ tellServer });
    await chooseLanguage("sv");
    followPerson("sv");
    followPerson("da");
    await vi.waitFor(() => expect(language()).toBe("da"));
    expect(tellServer).toHaveBeenCalledOnce();
  });

  test("It stays until the server has heard of it.", async () => {
    const away = vi.fn(() => Promise.reject(new Error("the line is cut")));
    useLanguage.setState({ tellServer: away });
    followPerson("en");
    await vi.waitFor(() => expect(away).toHaveBeenCalledOnce());
    followPerson("en");
    await vi.waitFor(() => expect(away).toHaveBeenCalledTimes(2));
    expect(language()).toBe("sv");
  });

  test("It goes with whoever chose it.", async () => {
    sayFarewell();
    followPerson("da");
    await vi.waitFor(() => expect(language()).toBe("da"));
  });

  test("Told too late, it does not come back after whoever chose it has left.", async () => {
    let answer: () => void = () => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    useLanguage.setState({ tellServer: () => answered });
    followPerson("da");
    sayFarewell();
    answer();
    await answered;
    followPerson("da");
    await vi.waitFor(() => expect(language()).toBe("da"));
  });
});
