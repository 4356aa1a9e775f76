/** A crew file for the command line. The model is where `MODEL_URL` says. */
import { testCrew } from './test-crew.ts';

const { MODEL_URL: url = 'http://127.0.0.1:1', CREW_NAME: name = 'typed' } = process.env;

export default testCrew({ url, name });
