import { pageData } from './dom.js';
pageData();
