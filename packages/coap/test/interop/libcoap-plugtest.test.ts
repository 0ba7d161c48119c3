import { libcoap } from './libcoap.ts';
import { plugtestSuite } from './suite.ts';

plugtestSuite(libcoap);
