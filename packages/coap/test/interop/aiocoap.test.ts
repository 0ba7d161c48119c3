import { aiocoap } from './aiocoap.ts';
import { plugtestSuite } from './suite.ts';

plugtestSuite(aiocoap);
