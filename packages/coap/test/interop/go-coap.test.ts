import { goCoap } from './go-coap.ts';
import { plugtestSuite } from './suite.ts';

plugtestSuite(goCoap);
