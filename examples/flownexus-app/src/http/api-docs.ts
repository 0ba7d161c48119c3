import express, { type RequestHandler, Router } from 'express';
// Not the package itself: it would load both of its bundles, which are for browsers.
import swaggerUiPath from 'swagger-ui-dist/absolute-path.js';

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>FlowNexus API</title>
    <link rel="icon" href="/favicon.svg">
    <link rel="stylesheet" href="/api/docs/swagger-ui.css">
  </head>
  <body>
    <div id="docs"></div>
    <script src="/api/docs/swagger-ui-bundle.js"></script>
    <script src="/api/docs/start.js"></script>
  </body>
</html>
`;

// No validator: it would send the document to another host.
const START = `SwaggerUIBundle({ url: '/api/v1/openapi.json', dom_id: '#docs', deepLinking: true, validatorUrl: null, withCredentials: true });
`;

const FILES = ['swagger-ui.css', 'swagger-ui-bundle.js'];

/** A page that shows the OpenAPI document, and lets who is signed in try the API. Everything that it loads comes from here. */
export function apiDocs(): Router {
  const router = Router({ strict: true });
  const send =
    (type: string, text: string): RequestHandler =>
    (_, response) => {
      response.type(type).send(text);
    };
  router.get('/', send('html', PAGE));
  router.get('/start.js', send('js', START));
  const files = express.static(swaggerUiPath(), { index: false, fallthrough: false });
  router.get(FILES.map((file) => `/${file}`), files); // prettier-ignore
  return router;
}
