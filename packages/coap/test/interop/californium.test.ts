import { californium } from './californium.ts';
import { plugtestSuite } from './suite.ts';

plugtestSuite(californium);
