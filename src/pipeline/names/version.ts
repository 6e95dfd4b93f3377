/** Version of Adutora as history records it; a test holds it to package.json. */
export const VERSION = '0.1.0';
