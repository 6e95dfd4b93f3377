import { newProcess, newWorld, type World, withAttempts } from './world.ts';

const twoLoads = () => [newProcess('N', 'N', 'look'), newProcess('M', 'M', 'look')];
const whole = (loadId: string) => ({ loadId, isWhole: true });
const begun = (loadId: string) => ({ loadId, isWhole: false });

/** Both stages are whole, N's is the older one. */
export const bothWhole = (left: Partial<World['left']> = {}) =>
  withAttempts(newWorld(twoLoads(), left), [whole('N'), whole('M')]);

/** N's stage is whole, M has not begun. */
export const oneWhole = (left: Partial<World['left']> = {}) =>
  withAttempts(newWorld(twoLoads(), left), [whole('N')]);

/** The same, read by workers themselves. */
export const oneWholeDirect = (left: Partial<World['left']> = {}) => ({ ...oneWhole(left), isDirect: true });

/** Both have their tickets, and have read nothing: whose rows are newer is open. */
export const bothReading = (left: Partial<World['left']> = {}) =>
  withAttempts(newWorld(twoLoads(), left), [begun('N'), begun('M')]);

/** A load with a whole stage, and a person who cancels it, and may have it tried again. */
export const cancelled = (left: Partial<World['left']> = {}) =>
  withAttempts(
    newWorld([newProcess('N', 'N', 'look'), newProcess('a person', 'N', 'cancel')], { retries: 1, ...left }),
    [whole('N')],
  );
