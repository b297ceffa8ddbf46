// @vitest-environment jsdom
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { chooseLanguage, followPerson, forgetUntold, useLanguage } from "./language";

const language = () => useLanguage.getState().language;

beforeAll(() => Promise.all([import("./en"), import("./sv"), import("./da")]));

beforeEach(async () => {
  useLanguage.setState({ tellServer: null });
  await chooseLanguage("en");
  forgetUntold();
});

test("What nobody chose here follows the person.", async () => {
  followPerson("da-DK");
  await vi.waitFor(() => expect(language()).toBe("da"));
});

describe("what was chosen before somebody signed in", () => {
  beforeEach(() => chooseLanguage("sv"));

  test("It wins over what the server has, and the server is told.", async () => {
    const tellServer = vi.fn(() => Promise.resolve());
    useLanguage.setState({ tellServer });
    followPerson("da");
    await vi.waitFor(() => expect(tellServer).toHaveBeenCalledExactlyOnceWith("sv"));
    expect(language()).toBe("sv");
    followPerson("da"); // read before the server heard of it, and come after
    expect(language()).toBe("sv");
    followPerson("sv");
    // From then on the server knows; what it says next may come from another device.
    followPerson("da");
    await vi.waitFor(() => expect(language()).toBe("da"));
    expect(tellServer).toHaveBeenCalledTimes(2);
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
    forgetUntold();
    followPerson("da");
    await vi.waitFor(() => expect(language()).toBe("da"));
  });
});
